/** A fake machine with two Fibre Channel ports, each in a fabric of its own, and an array with a port in each. */
import { expect } from 'vitest'
import type { Attacher, AttachRequest, Connection, FibreChannelConnection } from '../../../lib/index.js'
import type { FakeHostOptions } from '../../../lib/testing/index.js'
import { createFakeWorld, type FakeWorld } from '../../world/fake/world.js'

export const [LEFT, RIGHT] = ['21000024ff4c1a2e', '21000024ff4c1a2f'] as const
export const [A, B] = ['500a098290000001', '500a098290000002'] as const
export const LUN = 3
export const PATHS = [`${LEFT}→${A}`, `${RIGHT}→${B}`] as const
/** The kernel has logged in and scanned. */
export const SCANNED_MS = 500
export const SECOND = 1000
export const MAPPED = { multipathd: 'running', findMultipaths: 'yes' } as const
/** The kernel does not scan by itself, so that the attach does. */
export const QUIET = { scsiScan: 'manual' } as const

/** Two fabrics. `data` is at LUN 3 of both target ports, and `other` at LUN 4. */
export async function fcWorld(options: FakeHostOptions = {}): Promise<FakeWorld> {
  const world = await createFakeWorld({ fcPorts: [LEFT, RIGHT], ...options })
  for (const name of ['data', 'other']) await world.volume(name, { content: 'ext4' })
  serve(world)
  await world.sleep(SCANNED_MS)
  return world
}
export function serve({ host: { storage } }: FakeWorld): void {
  storage.fc.setZoned(LEFT, B, false)
  storage.fc.setZoned(RIGHT, A, false)
  for (const wwpn of [A, B]) storage.fc.port({ wwpn, luns: { [LUN]: 'data', [LUN + 1]: 'other' } })
}
export interface Fc {
  readonly world: FakeWorld
  readonly attacher: Attacher
}
export async function started(options: FakeHostOptions = {}): Promise<Fc> {
  const world = await fcWorld(options)
  return { world, attacher: await world.attacher() }
}
export type Given = Partial<Omit<FibreChannelConnection, 'protocol'>>
export function connectionTo({ targets = [A, B].map((wwpn) => ({ wwpn, lun: LUN })), ...more }: Given = {}): Connection {
  return { protocol: 'fibre-channel', targets, ...more }
}
export const onlyA = { targets: [{ wwpn: A, lun: LUN }] } as const
/** Over a single path, unless `more` says otherwise. */
export function request(id: string, given: Given = {}, more: Partial<AttachRequest> = {}): AttachRequest {
  return { id, connection: connectionTo(given), policy: { multipath: 'never' }, ...more }
}
export function asMap(id: string, given: Given = {}, more: Partial<AttachRequest['policy'] & object> = {}): AttachRequest {
  return { id, connection: connectionTo(given), policy: { multipath: 'require', ...more } }
}
/** Addresses of the SCSI disks. */
export const disks = ({ host }: FakeWorld): string[] => host.names('/sys/bus/scsi/devices').filter((name) => /^\d+:\d+:\d+:\d+$/.test(name))
export const maps = ({ host }: FakeWorld): string[] => host.names('/sys/block').filter((name) => name.startsWith('dm-'))
/** What was written to `scan` of SCSI hosts: `0 0 3` of host 0 is `host0 0 0 3`. */
export const scans = ({ host }: FakeWorld): string[] =>
  host.trace.flatMap(({ call, subject = '' }) => {
    const [, where, value] = /\/scsi_host\/(host\d+)\/scan (.*)$/.exec(subject) ?? []
    return call === 'kernel.write' && where !== undefined ? [`${where} ${value}`] : []
  })
/** The origin of each disk that the claim of the attachment names, by key. */
export async function origins(world: FakeWorld, id: string): Promise<Record<string, string>> {
  const claims = (await world.list(`${world.runDir}/claims`)).map((name) => world.host.text(`${world.runDir}/claims/${name}`) ?? '{}')
  const entries = claims.map((text) => JSON.parse(text) as { id: string; objects: { kind: string; key: string; origin: string }[] })
  const { objects } = entries.find((entry) => entry.id === id) ?? { objects: [] }
  return Object.fromEntries(objects.filter(({ kind }) => kind === 'disk').map(({ key, origin }) => [key, origin]))
}
/** Nothing that Brickwork created is left, and nothing was done that no model knows. */
export async function ended({ world }: Pick<Fc, 'world'>): Promise<void> {
  await world.close()
  expect(await world.list(`${world.stateDir}/attachments`)).toEqual([])
  expect(await world.list(`${world.runDir}/claims`)).toEqual([])
  expect([world.host.locked, world.host.users.holds]).toEqual([[], []])
  world.host.verify()
}
