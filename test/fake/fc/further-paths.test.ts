/** Paths of a volume that its attachment did not name, or that came up after it. */
import { expect, test } from 'vitest'
import { A, asMap, B, disks, ended, type Fc, LEFT, LUN, MAPPED, maps, onlyA, PATHS, QUIET, RIGHT, SECOND, started } from './world.js'

const SAME = '1:0:0:3'
const storage = ({ world }: Fc) => world.host.storage.fc

test('a map may have a path of the volume at a port that the connection does not name; the last detach takes it too', async () => {
  const fc = await started(MAPPED)
  const { paths, device } = await fc.attacher.attach(asMap('one', onlyA))
  expect(paths.map(({ label }) => label)).toEqual([PATHS[0]])
  expect(fc.world.host.volumesBehind(device)).toEqual(['data', 'data'])
  expect(await fc.attacher.detach('one')).toMatchObject({ outcome: 'released', kept: [], remaining: [] })
  expect([disks(fc.world), maps(fc.world).length]).toEqual([['0:0:0:4', '1:0:0:4'], 1])
  await ended(fc)
})
test('a further path that a program uses stays, and so does the map', async () => {
  const fc = await started(MAPPED)
  const [name = ''] = fc.world.host.names(`/sys/bus/scsi/devices/${SAME}/block`)
  await fc.attacher.attach(asMap('one', onlyA))
  const opener = await fc.world.openRaw(`/dev/${name}`)
  const { kept } = await fc.attacher.detach('one')
  expect(kept.length).toBeGreaterThan(0)
  expect(disks(fc.world)).toContain(SAME)
  await opener.close()
  await ended(fc)
})
test('a path that came up when nobody waited for it any more goes with the last detach', async () => {
  const fc = await started({ ...MAPPED, ...QUIET, scsiScan: 'async' })
  storage(fc).setUp(B, false)
  await fc.world.sleep(SECOND)
  const { device } = await fc.attacher.attach(asMap('one'), { timeoutMs: 5000 })
  await fc.world.sleep(70 * SECOND)
  storage(fc).setUp(B, true)
  await fc.world.sleep(10 * SECOND)
  expect(fc.world.host.volumesBehind(device)).toEqual(['data', 'data'])
  expect(await fc.attacher.detach('one')).toMatchObject({ outcome: 'released', kept: [], remaining: [] })
  expect(disks(fc.world).filter((disk) => disk.endsWith(':3'))).toEqual([])
  await ended(fc)
})
test('two attachments over different ports: the paths stay until the last of them is detached', async () => {
  const fc = await started(MAPPED)
  const other = await fc.world.attacher({ owner: 'other', stateDir: '/var/lib/other' })
  const onlyB = { targets: [{ wwpn: B, lun: LUN }] }
  const { device } = await fc.attacher.attach(asMap('one', { targets: [A, B].map((wwpn) => ({ wwpn, lun: LUN })) }))
  await other.attach(asMap('two', onlyB))
  await fc.attacher.detach('one')
  expect(fc.world.host.volumesBehind(device)).toContain('data')
  expect(disks(fc.world)).toContain(SAME)
  await other.detach('two')
  expect(disks(fc.world).filter((disk) => disk.endsWith(':3'))).toEqual([])
  expect(LEFT).toHaveLength(16)
  await ended(fc)
})
test('a disk at a pair of the connection that answers nothing at the detach stays, as it may be another volume by now', async () => {
  const fc = await started(MAPPED)
  fc.world.host.fc.setLink(RIGHT, false)
  await fc.attacher.attach(asMap('one'))
  await fc.attacher.detach('one')
  expect(disks(fc.world)).toEqual(['0:0:0:4', SAME, '1:0:0:4'])
  await ended(fc)
})
