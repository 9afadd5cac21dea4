/** Several processes wait for one attachment whose holder only adds late paths: each sends its own yield request. */
import { expect, test } from 'vitest'
import { expectClean, IQN, PORTAL, request, SECOND_PORTAL } from '../world/expect.js'
import { digest } from '../../lib/operation/digest.js'
import { createFakeWorld, type FakeWorld } from '../world/fake/world.js'

const PORTALS = [PORTAL, SECOND_PORTAL]
const REQUESTS = '/run/brickwork/yield-requests'
const asked = request('one', { portals: PORTALS, policy: { multipath: 'require', paths: { graceMs: 0 } } })

/** One portal drops packets: every attach keeps a late path as long as allowed. */
async function serving(): Promise<FakeWorld> {
  const world = await createFakeWorld({ multipathd: 'running' })
  await world.volume('data')
  await world.target({ iqn: IQN, portals: PORTALS, luns: { 1: 'data' } })
  await world.portal(SECOND_PORTAL, 'drop')
  return world
}

test('a waiter that has its turn takes away nobody else’s request', async () => {
  const world = await serving()
  const [a, b, c, d] = [await world.agent(), await world.agent(), await world.agent(), await world.agent()]
  await a.attacher.attach(asked, { timeoutMs: 120_000 })
  const from = world.now()
  const waited = async (call: Promise<unknown>): Promise<number> => {
    await call
    return world.now() - from
  }
  const detached = waited(b.attacher.detach('one', { timeoutMs: 60_000 }))
  await world.sleep(120)
  const attached = waited(c.attacher.attach(asked, { timeoutMs: 120_000 }))
  await world.sleep(150)
  const last = waited(d.attacher.detach('one', { timeoutMs: 60_000 }))
  for (const took of await Promise.all([detached, attached, last])) expect(took).toBeLessThan(10_000)
  expect(world.host.names(REQUESTS)).toEqual([])
  await world.close()
  await expectClean(world, 'after the last detach')
})

test('the request of a process that was killed is ignored, and removed', async () => {
  const world = await serving()
  const holder = await world.agent()
  const killed = await world.agent()
  // The waiting process dies.
  const busy = world.host.faults.plant({ on: 'commands.run', matching: '--login', does: { delayMs: 3000 } })
  const attaching = holder.attacher.attach(asked, { timeoutMs: 60_000 })
  await busy.reached
  void killed.attacher.detach('one').catch(() => undefined)
  await world.sleep(500)
  expect(world.host.names(REQUESTS)).toHaveLength(1)
  await killed.kill()
  await attaching
  await world.sleep(1000)
  expect(world.host.names(REQUESTS)).toEqual([])
  // Late paths still join.
  await world.portal(SECOND_PORTAL, 'open')
  await world.sleep(10_000)
  expect(await world.sessions(IQN)).toHaveLength(2)
  await holder.attacher.detach('one')
  await world.close()
  await expectClean(world, 'at the end')
})

test('a waiter of another pid namespace is judged by the age of its request', async () => {
  const world = await serving()
  const holder = await world.agent()
  await holder.attacher.attach(asked, { timeoutMs: 60_000 })
  const [lock] = world.host.locked
  expect(lock).toBeDefined()
  world.host.put(`${REQUESTS}/${digest('default', 'one')}.4026532000.999999.1`, '')
  await world.sleep(1000)
  expect(world.host.locked).toEqual([]) // the holder has yielded
  await world.sleep(150_000)
  await holder.attacher.recover()
  expect(world.host.names(REQUESTS)).toEqual([])
  await holder.attacher.detach('one')
  await world.close()
})
