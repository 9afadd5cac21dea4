/** Kills a process at each call of a port in turn, before and after the call; and kills the recovery in the same way. */
import { expect } from 'vitest'
import type { Attacher, AttachRequest } from '../../lib/index.js'
import { createFakeWorld, type FakeWorld } from '../world/fake/world.js'
import { expectAsBefore } from '../fake/conformance/stage.js'
import type { FakeHostOptions } from '../../lib/testing/index.js'
import type { Leftovers } from '../world/world.js'

export interface Stage {
  readonly options: FakeHostOptions
  /** Default: a world of the library's own connectors. */
  createWorld?(options: FakeHostOptions): Promise<FakeWorld>
  /** The kernel finds the disks by itself, before the attach. */
  readonly disksAppear?: boolean
  prepare(world: FakeWorld): Promise<void>
  readonly request: AttachRequest
  /** Takes the second path down, or up again; for `heal`. */
  secondPath?(world: FakeWorld, isUp: boolean): Promise<void>
}
export type Verb = 'attach' | 'detach' | 'heal'
export type Moment = 'before' | 'after'
export const MOMENTS: readonly Moment[] = ['before', 'after']

const ATTACH_MS = 5000

interface Begun {
  readonly world: FakeWorld
  readonly before: Leftovers
  readonly attacher: Attacher
}
async function begin(stage: Stage, verb: Verb): Promise<Begun> {
  const world = stage.createWorld === undefined ? await createFakeWorld(stage.options) : await stage.createWorld(stage.options)
  await stage.prepare(world)
  const before = await world.leftovers()
  const attacher = await world.attacher()
  if (verb === 'detach') await attacher.attach(stage.request)
  if (verb === 'heal') {
    await stage.secondPath?.(world, false)
    await attacher.attach(stage.request, { timeoutMs: ATTACH_MS })
    await world.sleep(2 * ATTACH_MS) // then no late path joins
    await stage.secondPath?.(world, true)
  }
  return { world, before, attacher }
}
const act = (attacher: Attacher, verb: Verb, { request }: Stage) =>
  verb === 'attach' ? attacher.attach(request) : verb === 'heal' ? attacher.heal(request.id) : attacher.detach(request.id)

/** The process dies at that call of the verb. Returns `false` if the verb makes fewer calls. */
async function dies(world: FakeWorld, call: number, moment: Moment, run: () => Promise<unknown>): Promise<boolean> {
  const victim = world.host
  victim.crashAt(victim.calls + call, moment)
  const outlived = await Promise.race([run().then(() => true), victim.died.then(() => false)])
  if (outlived) return false
  world.crash()
  return true
}

/** Recovers. Expects a clean host, or an attached volume that passes verification and can be detached without a trace. */
async function expectRecovered({ world, before }: Begun, { request, disksAppear = false }: Stage, where: string): Promise<void> {
  const next = await world.attacher()
  const { actions } = await next.recover({ timeoutMs: 120_000 })
  const left = actions.filter(({ action }) => action === 'left' || action === 'foreign')
  expect(left, where).toEqual([])
  const [still] = await next.list()
  if (still === undefined) await expectAsBefore(world, before, disksAppear, where)
  else {
    expect(still, where).toMatchObject({ state: 'attached', present: true })
    expect(await next.attach(request), where).toMatchObject({ reused: true, device: still.device })
    expect(new Set(world.host.volumesBehind(still.device ?? '')), where).toEqual(new Set(['data']))
    await next.detach(request.id)
  }
  await world.close()
  await expectAsBefore(world, before, disksAppear, where)
  for (const directory of [`${world.stateDir}/attachments`, `${world.runDir}/claims`, `${world.runDir}/by-id`])
    expect(
      (await world.list(directory)).filter((name) => !name.endsWith('.tmp')),
      where,
    ).toEqual([])
  expect(world.host.locked, where).toEqual([])
  expect(world.host.users.holds, where).toEqual([])
  expect(world.host.problems, where).toEqual([])
}

/** Plays a crash at each call of the verb. Returns the number of calls. */
export async function crashEverywhere(stage: Stage, verb: Verb, moment: Moment): Promise<number> {
  for (let call = 1; ; call++) {
    const begun = await begin(stage, verb)
    if (!(await dies(begun.world, call, moment, () => act(begun.attacher, verb, stage)))) return call - 1
    await expectRecovered(begun, stage, `${verb}, ${moment} call ${call}`)
  }
}

/**
 * Journal, claims and host show the state that a crash leaves. For each distinct state, plays a crash at each call of the recovery. Returns
 * the numbers of states and calls.
 */
export async function crashInRecoveryEverywhere(stage: Stage, verb: Verb, moment: Moment): Promise<{ states: number; calls: number }> {
  const seen = new Set<string>()
  let calls = 0
  for (let call = 1; ; call++) {
    const first = await begin(stage, verb)
    if (!(await dies(first.world, call, 'after', () => act(first.attacher, verb, stage)))) return { states: seen.size, calls }
    const state = await stateOf(first.world)
    if (seen.has(state)) continue
    seen.add(state)
    for (let inner = 1; ; inner++) {
      const begun = await begin(stage, verb)
      await dies(begun.world, call, 'after', () => act(begun.attacher, verb, stage))
      const next = await begun.world.attacher()
      if (!(await dies(begun.world, inner, moment, () => next.recover({ timeoutMs: 120_000 })))) {
        await begun.world.close()
        break
      }
      calls += 1
      await expectRecovered(begun, stage, `${verb} died after call ${call}, its recovery ${moment} call ${inner}`)
    }
  }
}

/** The state without values that change at any moment. */
async function stateOf(world: FakeWorld): Promise<string> {
  const { host } = world
  const files = [`${world.stateDir}/attachments`, `${world.runDir}/claims`].flatMap((directory) =>
    host.names(directory).map((name) => host.text(`${directory}/${name}`) ?? ''),
  )
  const lasting = files.map((text) => text.replace(/"(atMs|pid|untilMs)": \d+/g, ''))
  return JSON.stringify([lasting, await world.leftovers()])
}
