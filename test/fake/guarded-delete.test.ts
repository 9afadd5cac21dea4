/** The write that removes a disk also checks the disk, and the library uses that result: the disk may have changed at the last moment. */
import { expect, test } from 'vitest'
import { expectClean, IQN, PORTAL, request, serveOne } from '../world/expect.js'
import { createFakeWorld } from '../world/fake/world.js'

const TIMEOUT_MS = 10_000
const { signal } = new AbortController()

async function attached() {
  const world = await createFakeWorld()
  await serveOne(world)
  await world.volume('other')
  const attacher = await world.attacher()
  await attacher.attach(request('one'))
  const slow = world.host.faults.plant({ on: 'kernel.write', matching: '/delete 1', does: { delayMs: 1000 } })
  const people = world.host.process()
  const tell = async (directory: string, attribute: string, value: string) => {
    await people.kernel.write({ directory, guards: [], attribute, value, waits: 'unbounded' }, signal)
  }
  const detached = attacher.detach('one', { timeoutMs: TIMEOUT_MS })
  await slow.reached
  return { world, attacher, detached, tell }
}

test('a disk that another program has rescanned meanwhile is looked at anew, and goes', async () => {
  const { world, detached, tell } = await attached()
  await world.mapLun(IQN, 1, 'other')
  await tell('/sys/class/block/sda/device', 'rescan', '1')
  const from = world.now()
  expect(await detached).toMatchObject({ outcome: 'released', kept: [] })
  expect(world.now() - from).toBeLessThan(TIMEOUT_MS / 2)
  await expectClean(world, 'after the detach')
  await world.close()
  world.host.verify()
})

test('a disk that another program has brought in its place meanwhile stays, and so does its session', async () => {
  const { world, detached, tell } = await attached()
  const [scsiHost = ''] = world.host.names('/sys/class/scsi_host')
  await world.startDeleting(`${scsiHost.slice('host'.length)}:0:0:1`)
  await world.sleep(300)
  await tell(`/sys/class/scsi_host/${scsiHost}`, 'scan', '0 0 1')
  await world.sleep(300)
  const from = world.now()
  const { outcome, kept } = await detached
  expect(outcome).toBe('released')
  expect(kept).toContainEqual(expect.objectContaining({ reason: expect.stringMatching(/carries other disks/) as string }))
  expect(world.now() - from).toBeLessThan(TIMEOUT_MS / 2)
  expect(await world.disks()).toHaveLength(1)
  expect(await world.sessions(IQN)).toHaveLength(1)
  await world.close()
  world.host.verify()
})

test('a stale disk that has become another one at the last moment is looked at anew', async () => {
  const world = await createFakeWorld()
  await serveOne(world)
  await world.volume('other')
  await world.foreignLogin(IQN, PORTAL)
  const people = world.host.process()
  const [scsiHost = ''] = world.host.names('/sys/class/scsi_host')
  const tell = async (directory: string, attribute: string, value: string) => {
    await people.kernel.write({ directory, guards: [], attribute, value, waits: 'unbounded' }, signal)
  }
  await tell(`/sys/class/scsi_host/${scsiHost}`, 'scan', '0 0 1')
  await world.sleep(300)
  await world.mapLun(IQN, 1, 'other')
  const slow = world.host.faults.plant({ on: 'kernel.write', matching: '/delete 1', does: { delayMs: 500 } })
  const attacher = await world.attacher()
  const attaching = attacher.attach(request('one'), { timeoutMs: TIMEOUT_MS })
  await slow.reached
  await tell('/sys/class/block/sda/device', 'rescan', '1')
  const { device } = await attaching
  expect(world.host.volumesBehind(device)).toEqual(['other'])
  await world.close()
})
