/** Reads of sysfs meet devices that are being made or taken away: what can't be read is an answer about that device only. */
import { expect, test } from 'vitest'
import { IQN, PORTAL, request } from '../world/expect.js'
import { createFakeWorld } from '../world/fake/world.js'

const SEEDS = Array.from({ length: 6 }, (_, index) => index + 1)
/** How long the kernel takes for a removal: reads of the disk meet it. */
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
