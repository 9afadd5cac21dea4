/** Two owners of the same volume, while one of them detaches it. */
import { expect, test } from 'vitest'
import { expectClean, IQN, PORTAL, request, SECOND_PORTAL } from '../world/expect.js'
import { createFakeWorld } from '../world/fake/world.js'

test('a map that one owner is about to take away is not handed out to another one', async () => {
  const world = await createFakeWorld({ multipathd: 'running' })
  await world.volume('data')
  await world.target({ iqn: IQN, portals: [PORTAL, SECOND_PORTAL], luns: { 1: 'data' } })
  const asked = request('one', { portals: [PORTAL, SECOND_PORTAL], policy: { multipath: 'require' } })
  const ann = await world.attacher()
  const ben = await world.attacher({ owner: 'ben', stateDir: `${world.stateDir}-ben` })
  await ann.attach(asked)
  const flush = world.host.faults.plant({ on: 'kernel.flush', does: { delayMs: 500 } })
  const detached = ann.detach('one')
  await flush.reached
  const { device } = await ben.attach(asked)
  expect(await detached).toMatchObject({ outcome: 'released' })
  expect((await world.maps()).length).toBe(1)
  expect(Buffer.from(await world.read(device, 512)).toString('latin1', 0, 11)).toBe('volume data')
  await ben.detach('one')
  await expectClean(world, 'after both')
  await world.close()
  world.host.verify()
})
