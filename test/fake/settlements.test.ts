/** If another program blocks the rollback of an attach beyond its deadline, the rollback ends when the obstacle is gone. */
import { expect, test } from 'vitest'
import { IQN, PORTAL } from '../world/expect.js'
import { createFakeWorld, type FakeWorld } from '../world/fake/world.js'
import { expectClean, request, serveOne } from '../world/expect.js'

/** An attach that fails while another process holds the lock that its rollback needs. */
async function leftBehind() {
  const world = await createFakeWorld()
  await serveOne(world)
  const attacher = await world.attacher()
  const busy = world.host.faults.plant({ on: 'commands.run', matching: '--login', does: { delayMs: 100 } })
  const attaching = attacher.attach(request('one', { lun: 7 }), { timeoutMs: 4000 })
  await busy.reached
  const lock = world.host.process().locks.take(`${world.runDir}/locks`, `portal ${IQN} ${PORTAL}`, new AbortController().signal)
  await expect(attaching).rejects.toMatchObject({ code: 'ERR_LUN_NOT_FOUND', sideEffects: 'left' })
  return { world, attacher, lock: await lock }
}
async function ended(world: FakeWorld) {
  await world.close()
  await expectClean(world, 'at the end')
  expect(world.host.locked).toEqual([])
  expect(world.host.clock.sleeping).toBe(0)
}

test('as soon as it can be, without anybody asking for it', async () => {
  const { world, lock } = await leftBehind()
  await world.sleep(20_000)
  expect((await world.leftovers()).sessions).toHaveLength(1)
  await lock.release()
  await world.sleep(25_000)
  await expectClean(world, 'a while after the way was free')
  await ended(world)
})

test('at the latest when the attacher is closed', async () => {
  const { world, lock } = await leftBehind()
  await world.sleep(17_000)
  await lock.release()
  await ended(world)
})

test("and not once the caller's own next attempt has gone well", async () => {
  const { world, attacher, lock } = await leftBehind()
  await world.sleep(16_500)
  await lock.release()
  await attacher.attach(request('one'))
  const events = attacher.events()
  const recoveries: unknown[] = []
  void (async () => {
    for await (const event of events) if (event.type === 'operation:start' && event.operation === 'recover') recoveries.push(event)
  })()
  await world.sleep(120_000)
  expect(recoveries).toEqual([])
  await attacher.detach('one')
  await ended(world)
})

test("also when a call of the caller's, which came to nothing, was at it when it was due", async () => {
  const { world, attacher, lock } = await leftBehind()
  await world.sleep(12_500) // the first attempt is over, and the next is not due yet
  const detaching = attacher.detach('one', { timeoutMs: 10_000 })
  const refused = expect(detaching).rejects.toMatchObject({ retryable: true })
  await world.sleep(10_100)
  await refused
  await lock.release()
  await world.sleep(30_000)
  await expectClean(world, 'a while after the way was free')
  await ended(world)
})
