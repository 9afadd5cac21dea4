/** Shared by the tests of recoveries: a host with two volumes, functions that lose state, and a short form of a recovery. */
import { expect } from 'vitest'
import type { Attacher, RecoverCall, RecoveryAction } from '../../lib/index.js'
import type { FakeHostOptions } from '../../lib/testing/index.js'
import { expectClean, IQN, PORTAL, SECOND_PORTAL } from '../world/expect.js'
import { createFakeWorld, type FakeWorld } from '../world/fake/world.js'

export const PORTALS = [PORTAL, SECOND_PORTAL]

export async function worldWith(options: FakeHostOptions = {}): Promise<FakeWorld> {
  const world = await createFakeWorld(options)
  await world.volume('data', { content: 'ext4' })
  await world.volume('more')
  await world.target({ iqn: IQN, portals: PORTALS, luns: { 1: 'data', 2: 'more' } })
  return world
}
/** The process is killed, and its files are lost. */
export function loseAll(world: FakeWorld): void {
  world.crash()
  world.host.take(world.stateDir)
  world.host.take(world.runDir)
}
export async function logOut({ host }: FakeWorld, session: number): Promise<void> {
  const { signal } = new AbortController()
  await host.commands.run(['iscsiadm', '-m', 'session', '-r', String(session), '--logout'], { signal, onAbort: 'leave' })
}
export const short = (actions: readonly RecoveryAction[]) => actions.map(({ id, what, action }) => `${action} ${id ?? what}`)
export async function recovered(attacher: Attacher, call: RecoverCall = {}): Promise<string[]> {
  return short((await attacher.recover(call)).actions)
}
export async function ended(world: FakeWorld): Promise<void> {
  await world.close()
  await expectClean(world, 'at the end')
  for (const directory of [`${world.stateDir}/attachments`, `${world.runDir}/claims`, `${world.runDir}/by-id`])
    expect(await world.list(directory)).toEqual([])
  expect(world.host.locked).toEqual([])
  world.host.verify()
  expect(world.host.clock.sleeping).toBe(0)
}
