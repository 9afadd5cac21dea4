/** A machine with the volumes of a subject, and the expected state at the end. */
import { expect } from 'vitest'
import type { Attacher, AttachRequest, Connection, PartialPolicy } from '../../../lib/index.js'
import type { FakeHostOptions } from '../../../lib/testing/index.js'
import type { FakeWorld } from '../../world/fake/world.js'
import type { Leftovers } from '../../world/world.js'
import type { Subject, SubjectPaths } from './subject.js'

export const MIB = 1024 * 1024
export const SIZE = 64 * MIB

/** The policies by which a volume with two paths becomes a map. */
export const MAPS = {
  'map by multipathd': { multipath: 'require', paths: { min: 1 } },
  'map made directly': { multipath: 'require', paths: { min: 1 }, assemble: 'direct' },
} as const satisfies Readonly<Record<string, PartialPolicy>>

export interface Stage {
  readonly subject: Subject
  readonly world: FakeWorld
  readonly attacher: Attacher
  readonly request: (id: string, more?: Partial<AttachRequest>) => AttachRequest
  readonly other: Connection
  readonly before: Leftovers
}
/** Uses a single path, on a machine without multipathd. */
export async function stage(subject: Subject, options: FakeHostOptions = {}): Promise<Stage> {
  const world = await subject.createWorld(options)
  const { data, other } = await subject.prepare(world)
  const before = await world.leftovers()
  const attacher = await world.attacher()
  const request: Stage['request'] = (id, more) => ({ id, connection: data, policy: { multipath: 'never' }, ...more })
  return { subject, world, attacher, other, before, request }
}
/** Uses both paths, with multipathd. */
export async function mapStage(subject: Subject, policy: PartialPolicy, options: FakeHostOptions = {}): Promise<Stage> {
  const on = await stage(subject, { multipathd: 'running', ...options })
  const { connection } = pathsOf(subject)
  return { ...on, request: (id, more) => ({ id, connection, policy, ...more }) }
}
/** Clauses about paths run only for subjects with paths. */
export function pathsOf({ name, paths }: Subject): SubjectPaths<FakeWorld> {
  if (paths === undefined) throw new Error(`${name} has no paths`)
  return paths
}
/** Takes the second path down, or up again. */
export async function setSecondPath({ subject, world }: Stage, up: boolean): Promise<void> {
  const paths = pathsOf(subject)
  await paths.setUp(world, paths.labels[1], up)
}

/** Expects exactly the objects that an attach over this number of paths adds. */
export async function expectAttached({ subject, world, before }: Stage, paths: number): Promise<void> {
  const { sessions, records, disks } = await world.leftovers()
  const { creates, disksAppear } = subject
  const more = (kind: 'sessions' | 'records' | 'disks') => before[kind].length + creates[kind] * paths
  expect([sessions.length, records.length, disks.length]).toEqual([
    more('sessions'),
    more('records'),
    disksAppear ? before.disks.length : more('disks'),
  ])
}
/** Expects the host as it was before. Disks that appear by themselves may have been adopted and removed. */
export async function expectAsBefore(world: FakeWorld, before: Leftovers, disksAppear: boolean, where?: string): Promise<Leftovers> {
  const now = await world.leftovers()
  const disks = disksAppear ? before.disks.filter((disk) => now.disks.includes(disk)) : before.disks
  expect(now, where).toEqual({ ...before, disks })
  return now
}
/** Closes everything and expects the host as before. `removed`: the number of removed disks that had appeared by themselves. */
export async function settled(on: Stage, { removed }: { readonly removed?: number } = {}): Promise<void> {
  const { subject, world, before } = on
  await world.close()
  const { disks } = await expectAsBefore(world, before, subject.disksAppear)
  if (subject.disksAppear && removed !== undefined) expect(disks).toHaveLength(before.disks.length - removed)
  for (const directory of [`${world.stateDir}/attachments`, `${world.runDir}/claims`, '/etc/iscsi/send_targets', `${world.runDir}/by-id`])
    expect(
      (await world.list(directory)).filter((name) => !name.endsWith('.tmp')),
      directory,
    ).toEqual([])
  expect(world.host.locked).toEqual([])
  expect(world.host.users.holds).toEqual([])
  world.host.verify()
}
