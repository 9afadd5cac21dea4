/** An id whose attach was interrupted is attached again with another connection: the first attempt must be rolled back first. */
import { expect, test } from 'vitest'
import { expectClean, request, serveOne } from '../world/expect.js'
import { createFakeWorld } from '../world/fake/world.js'

test('what an interrupted attach made goes by its own protocol, also when the next one is of another', async () => {
  const world = await createFakeWorld()
  await serveOne(world)
  await world.volume('local')
  world.host.localDisk('vdb', 'local')
  world.host.put('/run/udev/data/b254:16', 'I:1000')
  const attacher = await world.attacher()
  void attacher.attach(request('one'))
  while ((await world.leftovers()).sessions.length === 0) await world.sleep(1)
  world.crash()
  const next = await world.attacher()
  const { device } = await next.attach({ id: 'one', connection: { protocol: 'local', path: '/dev/vdb' } })
  expect(device).toBe('/dev/vdb')
  await expectClean(world, 'but for the local disk')
  await next.detach('one')
  await world.close()
})

test('a clearing that is interrupted leaves an entry that says whose its objects are', async () => {
  const world = await createFakeWorld()
  await serveOne(world)
  await world.volume('local')
  world.host.localDisk('vdb', 'local')
  const attacher = await world.attacher()
  void attacher.attach(request('one'))
  while ((await world.leftovers()).disks.length === 0) await world.sleep(1)
  world.crash()
  const next = await world.attacher()
  world.host.faults.plant({ on: 'commands.run', matching: '--logout', does: { crash: 'before' } })
  void next.attach({ id: 'one', connection: { protocol: 'local', path: '/dev/vdb' } })
  while (world.host.alive) await world.sleep(1)
  world.crash()
  const last = await world.attacher()
  await world.sleep(30_000)
  await last.recover()
  await world.close()
  await expectClean(world, 'after the recovery')
})
