/** Reads of sysfs while devices are being created or removed: an attribute that can't be read says something about that device only. */
import { expect, test } from 'vitest'
import { IQN, PORTAL, request } from '../world/expect.js'
import { createFakeWorld } from '../world/fake/world.js'

const SEEDS = Array.from({ length: 6 }, (_, index) => index + 1)
/** The time that the kernel needs for a removal: reads of the disk happen during it. */
const REMOVING_MS = 200

test.each(SEEDS)('a disk that another program takes away does not disturb its neighbour, and the session stays: seed %i', async (seed) => {
  const world = await createFakeWorld({ seed, readsMeetChanges: true, delays: { removeDisk: REMOVING_MS } })
  await world.volume('data', { content: 'ext4' })
  await world.volume('theirs', { content: 'ext4' })
  await world.target({ iqn: IQN, portals: [PORTAL], luns: { 1: 'data', 2: 'theirs' } })
  await world.foreignLogin(IQN, PORTAL)
  await world.foreignScan(IQN, PORTAL, 2)
  const sessions = await world.sessions(IQN)
  const attacher = await world.attacher()
  const hctl = world.host.names('/sys/bus/scsi/devices').find((name) => /^[0-9].*:2$/.test(name)) ?? ''
  await world.startDeleting(hctl)
  await world.sleep(1)
  const { device } = await attacher.attach(request('one'), { timeoutMs: 5000 })
  expect(world.host.volumesBehind(device)).toEqual(['data'])
  expect(await attacher.inspect('one')).toMatchObject({ state: 'attached' })
  await attacher.recover()
  expect(await attacher.list()).toMatchObject([{ id: 'one', present: true }])
  await attacher.detach('one', { timeoutMs: 10_000 })
  expect(await world.sessions(IQN)).toEqual(sessions)
  await world.close()
  world.host.verify()
})

test.each([
  { removingMs: 200, readsMeetChanges: false },
  { removingMs: 200, readsMeetChanges: true },
  { removingMs: 1000, readsMeetChanges: false },
  { removingMs: 1000, readsMeetChanges: true },
])('a LUN whose disk another program is removing is attached when it has gone: %o', async ({ removingMs, readsMeetChanges }) => {
  const world = await createFakeWorld({ seed: 1, readsMeetChanges, delays: { removeDisk: removingMs } })
  await world.volume('data', { content: 'ext4' })
  await world.target({ iqn: IQN, portals: [PORTAL], luns: { 1: 'data' } })
  await world.foreignLogin(IQN, PORTAL)
  await world.foreignScan(IQN, PORTAL, 1)
  const attacher = await world.attacher()
  await world.startDeleting(world.host.names('/sys/bus/scsi/devices').find((name) => /^[0-9].*:1$/.test(name)) ?? '')
  await world.sleep(1)
  const { device } = await attacher.attach(request('one'), { timeoutMs: 10_000 })
  expect(world.host.volumesBehind(device)).toEqual(['data'])
  await attacher.detach('one', { timeoutMs: 10_000 })
  expect(await world.disks()).toEqual([])
  await world.close()
  world.host.verify()
})

test('a LUN whose disk another program never gets removed is no volume: the error says so', async () => {
  const world = await createFakeWorld({ seed: 1, delays: { removeDisk: 60_000 } })
  await world.volume('data', { content: 'ext4' })
  await world.target({ iqn: IQN, portals: [PORTAL], luns: { 1: 'data' } })
  await world.foreignLogin(IQN, PORTAL)
  await world.foreignScan(IQN, PORTAL, 1)
  const attacher = await world.attacher()
  await world.startDeleting(world.host.names('/sys/bus/scsi/devices').find((name) => /^[0-9].*:1$/.test(name)) ?? '')
  await world.sleep(1)
  await expect(attacher.attach(request('one'), { timeoutMs: 5000 })).rejects.toMatchObject({
    code: 'ERR_LUN_NOT_FOUND',
    message: expect.stringContaining('the kernel is still removing or creating it') as string,
  })
  await world.sleep(60_000)
  await world.close()
  world.host.verify()
})
