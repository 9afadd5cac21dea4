/**
 * A target that shows 16,384 LUNs, the whole range of flat space addressing (SAM-5 4.7.7): only the LUN of the connection reaches the host.
 */
import { expect, test } from 'vitest'
import { expectClean, IQN, PORTAL, request } from '../world/expect.js'
import { createFakeWorld, type FakeWorld } from '../world/fake/world.js'

const LUNS = 16_384

async function serveMany(): Promise<FakeWorld> {
  const world = await createFakeWorld()
  await world.volume('data')
  const luns = Object.fromEntries(Array.from({ length: LUNS }, (_, lun) => [lun, 'data']))
  await world.target({ iqn: IQN, portals: [PORTAL], luns })
  return world
}

test('the last of 16,384 LUNs is attached alone, and gone after the detach', async () => {
  const world = await serveMany()
  const attacher = await world.attacher()
  const attachment = await attacher.attach(request('one', { lun: LUNS - 1 }))
  expect(attachment.paths).toHaveLength(1)
  expect(await world.disks()).toHaveLength(1)
  await attacher.detach('one')
  await world.close()
  await expectClean(world, 'at the end')
  world.host.verify()
})

test('a LUN that is missing among them: the error stays short', async () => {
  const world = await serveMany()
  const attacher = await world.attacher()
  await attacher.attach(request('one', { lun: 5 }))
  await world.unmapLun(IQN, 7)
  const policy = { multipath: 'never', lun: { waitMs: 0 } } as const
  const failure: unknown = await attacher.attach(request('two', { lun: 7, policy })).catch((error: unknown) => error)
  expect(failure).toMatchObject({ code: 'ERR_LUN_NOT_FOUND' })
  const { message } = failure as Error
  expect(message).toContain('it shows 0, 1, 2')
  expect(message.length).toBeLessThan(500)
  await attacher.detach('one')
  await world.close()
  await expectClean(world, 'at the end')
})

test('another program has 300 of them in its session: it keeps its session and its disks', async () => {
  const world = await createFakeWorld()
  await world.volume('data')
  const luns = Object.fromEntries(Array.from({ length: 300 }, (_, lun) => [lun, 'data']))
  await world.target({ iqn: IQN, portals: [PORTAL], luns })
  await world.foreignLogin(IQN, PORTAL)
  await world.sleep(10_000)
  const disks = await world.disks()
  const attacher = await world.attacher()
  await attacher.attach(request('one', { lun: 299 }))
  const { kept } = await attacher.detach('one')
  expect(kept.map(({ reason }) => reason)).toContain('it existed before the attach')
  expect(await world.disks()).toEqual(disks)
  await world.close()
})
