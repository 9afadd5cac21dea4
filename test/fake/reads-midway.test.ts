/** Reads of sysfs while devices are being created or removed: an attribute that can't be read says something about that device only. */
import { expect, test } from 'vitest'
import { IQN, PORTAL, request } from '../world/expect.js'
import { createFakeWorld } from '../world/fake/world.js'

const SEEDS = Array.from({ length: 6 }, (_, index) => index + 1)
/** The time that the kernel needs for a removal: reads of the disk happen during it. */
const REMOVING_MS = 200
const never = new AbortController().signal

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

/** The kernel has begun to remove the disk of the LUN, for another program. */
async function whileRemoved(removingMs: number, readsMeetChanges: boolean) {
  const world = await createFakeWorld({ seed: 1, readsMeetChanges, delays: { removeDisk: removingMs } })
  await world.volume('data', { content: 'ext4' })
  await world.target({ iqn: IQN, portals: [PORTAL], luns: { 1: 'data' } })
  await world.foreignLogin(IQN, PORTAL)
  await world.foreignScan(IQN, PORTAL, 1)
  const attacher = await world.attacher()
  await world.startDeleting(world.host.names('/sys/bus/scsi/devices').find((name) => /^[0-9].*:1$/.test(name)) ?? '')
  await world.sleep(1)
  return { world, attacher }
}

test.each([
  { removingMs: 200, readsMeetChanges: false },
  { removingMs: 200, readsMeetChanges: true },
  { removingMs: 1000, readsMeetChanges: false },
  { removingMs: 1000, readsMeetChanges: true },
])('a LUN whose disk another program is removing is attached when it has gone: %o', async ({ removingMs, readsMeetChanges }) => {
  const { world, attacher } = await whileRemoved(removingMs, readsMeetChanges)
  const { device } = await attacher.attach(request('one'), { timeoutMs: 10_000 })
  expect(world.host.volumesBehind(device)).toEqual(['data'])
  await attacher.detach('one', { timeoutMs: 10_000 })
  expect(await world.disks()).toEqual([])
  await world.close()
  world.host.verify()
})

test('a LUN whose disk another program never gets removed is no volume: the error says so', async () => {
  const { world, attacher } = await whileRemoved(60_000, false)
  await expect(attacher.attach(request('one'), { timeoutMs: 5000 })).rejects.toMatchObject({
    code: 'ERR_LUN_NOT_FOUND',
    message: expect.stringContaining('the kernel is still removing or creating it') as string,
  })
  await world.sleep(60_000)
  await world.close()
  world.host.verify()
})

test('a disk whose sg node comes late counts only when it has answered a read, as every disk', async () => {
  const world = await createFakeWorld({ seed: 1, readsMeetChanges: true })
  await world.volume('data', { content: 'ext4' })
  await world.target({ iqn: IQN, portals: [PORTAL], luns: { 1: 'data' } })
  world.host.storage.largePackets(PORTAL, 'lost')
  const attacher = await world.attacher()
  await expect(attacher.attach(request('one'), { timeoutMs: 15_000 })).rejects.toMatchObject({
    code: 'ERR_TARGET_UNREACHABLE',
    message: expect.stringContaining('did not answer a read of 4096 bytes') as string,
    sideEffects: 'undone',
  })
  await world.close()
  world.host.verify()
})

test('a disk whose sg node comes late can be proven by who finds it there: the attach waits for the node', async () => {
  const world = await createFakeWorld({ seed: 1, readsMeetChanges: true })
  await world.volume('data', { content: 'ext4' })
  await world.target({ iqn: IQN, portals: [PORTAL], luns: { 1: 'data' } })
  const session = await world.foreignLogin(IQN, PORTAL)
  const { host } = world
  const [attacher, other] = [await world.attacher(), host.process()]
  const [number = ''] = host.names('/sys/class/scsi_host')
  const directory = `/sys/class/scsi_host/${number}`
  const attached = attacher.attach(request('one'), { timeoutMs: 10_000 })
  // Another program's scan is first.
  await other.kernel.write({ directory, guards: [], attribute: 'scan', value: '0 0 1', waits: 'bounded' }, never)
  const { device } = await attached
  expect(host.volumesBehind(device)).toEqual(['data'])
  await attacher.detach('one', { timeoutMs: 10_000 })
  expect(session).toBeDefined()
  await world.close()
  host.verify()
})

test('a disk is attached without a node where the module sg is missing', async () => {
  const world = await createFakeWorld({ seed: 1, readsMeetChanges: true })
  await world.volume('data', { content: 'ext4' })
  await world.target({ iqn: IQN, portals: [PORTAL], luns: { 1: 'data' } })
  const attacher = await world.attacher()
  world.host.take('/sys/class/scsi_generic')
  world.host.programs.set('modprobe', () => ({ exitCode: 1, signal: null, stdout: '', stderr: '' }))
  const { device } = await attacher.attach(request('one'), { timeoutMs: 10_000 })
  expect(world.host.volumesBehind(device)).toEqual(['data'])
  await attacher.detach('one', { timeoutMs: 10_000 })
  await world.close()
  world.host.verify()
})
