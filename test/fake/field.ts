/** Shared by the tests from bug reports: one target, four portals, a multipathd. */
import { expect } from 'vitest'
import type { AttachRequest } from '../../lib/index.js'
import type { FakeHostOptions } from '../../lib/testing/index.js'
import { expectClean, IQN, request } from '../world/expect.js'
import { createFakeWorld, type FakeWorld } from '../world/fake/world.js'
import { PORTALS } from '../world/four.js'

export async function serve(options: FakeHostOptions = {}): Promise<FakeWorld> {
  const world = await createFakeWorld({ multipathd: 'running', ...options })
  await world.volume('data', { content: 'ext4' })
  await world.target({ iqn: IQN, portals: PORTALS, luns: { 1: 'data' } })
  return world
}
/** A map over all paths that come up. */
export const overAll = (more: Partial<AttachRequest> = {}) =>
  request('one', { portals: PORTALS, policy: { multipath: 'require' }, ...more })
/** A map that needs all four paths. */
export const asMap = (more: Partial<AttachRequest> = {}) =>
  request('one', { portals: PORTALS, policy: { multipath: 'require', paths: { min: 'all' } }, ...more })

/** Nothing is left on the host, and no operation of the library waits. */
export async function ended(world: FakeWorld): Promise<void> {
  await world.close()
  await expectClean(world, 'at the end')
  world.host.verify()
  expect(world.host.clock.sleeping).toBe(0)
}
/** A command to multipathd, without its frame. */
export const toldBy = (bytes: Uint8Array) => new TextDecoder().decode(bytes.slice(8)).replace('\0', '')
