/** Disks of a detached volume that come back, because the array has not unmapped them yet. */
import { describe, expect, test } from 'vitest'
import { A, asMap, B, disks, ended, type Fc, LEFT, LUN, MAPPED, maps, onlyA, request, RIGHT, SECOND, started } from './world.js'

const [DISK, SAME] = ['0:0:0:3', '1:0:0:3'] as const
const MINUTE = 60 * SECOND

async function bounce({ world }: Fc, ...ports: readonly string[]): Promise<void> {
  for (const port of ports) world.host.fc.setLink(port, false)
  await world.sleep(SECOND)
  for (const port of ports) world.host.fc.setLink(port, true)
  await world.sleep(2 * SECOND)
}
async function detached(): Promise<Fc> {
  const fc = await started()
  await fc.attacher.attach(request('one', onlyA))
  await fc.attacher.detach('one')
  expect(disks(fc.world)).not.toContain(DISK)
  return fc
}

describe('a disk that comes back after the detach', () => {
  test('is removed by recover(), and no disk of another volume or pair is', async () => {
    const fc = await detached()
    await bounce(fc, LEFT)
    expect(disks(fc.world)).toEqual([DISK, '0:0:0:4', SAME, '1:0:0:4'])
    const { actions } = await fc.attacher.recover()
    expect(actions).toMatchObject([{ id: null, action: 'removed', what: expect.stringContaining('"one"') as string }])
    expect(disks(fc.world)).toEqual(['0:0:0:4', SAME, '1:0:0:4'])
    expect((await fc.attacher.recover()).actions).toEqual([])
    await ended(fc)
  })
  test('is removed with the map that multipathd has made of it', async () => {
    const fc = await started(MAPPED)
    await fc.attacher.attach(asMap('one'))
    await fc.attacher.detach('one')
    await bounce(fc, LEFT, RIGHT)
    expect([disks(fc.world), maps(fc.world).length]).toEqual([[DISK, '0:0:0:4', SAME, '1:0:0:4'], 2])
    expect((await fc.attacher.recover()).actions.map(({ action }) => action)).toEqual(['removed'])
    expect([disks(fc.world), maps(fc.world).length]).toEqual([['0:0:0:4', '1:0:0:4'], 1])
    await ended(fc)
  })
  test('and is used by now is left and reported', async () => {
    const fc = await detached()
    await bounce(fc, LEFT)
    const [name = ''] = fc.world.host.names(`/sys/bus/scsi/devices/${DISK}/block`)
    const mount = await fc.world.mount(`/dev/${name}`)
    expect((await fc.attacher.recover()).actions).toMatchObject([{ action: 'left', reason: expect.stringContaining('mount') as string }])
    expect(disks(fc.world)).toContain(DISK)
    await mount.unmount()
    await ended(fc)
  })
  test('and shows another volume by now is not touched', async () => {
    const fc = await detached()
    fc.world.host.storage.fc.map(A, LUN, 'other')
    await bounce(fc, LEFT)
    expect((await fc.attacher.recover()).actions).toEqual([])
    expect(disks(fc.world)).toContain(DISK)
    await ended(fc)
  })
  test('and is attached again, under any id, stays', async () => {
    const fc = await detached()
    await bounce(fc, LEFT)
    const other = await fc.world.attacher({ owner: 'other', stateDir: '/var/lib/other' })
    await other.attach(request('two', onlyA))
    expect((await fc.attacher.recover()).actions).toEqual([])
    expect(disks(fc.world)).toContain(DISK)
    await other.detach('two')
    await ended(fc)
  })
  test('is not removed by another owner', async () => {
    const fc = await detached()
    await bounce(fc, LEFT)
    const other = await fc.world.attacher({ owner: 'other', stateDir: '/var/lib/other' })
    expect((await other.recover()).actions).toEqual([])
    expect(disks(fc.world)).toContain(DISK)
    await ended(fc)
  })
  test('ten minutes later is one that somebody wants', async () => {
    const fc = await detached()
    await fc.world.sleep(11 * MINUTE)
    await bounce(fc, LEFT)
    expect((await fc.attacher.recover()).actions).toEqual([])
    expect(disks(fc.world)).toContain(DISK)
    await ended(fc)
  })
  test('with the next boot is one that somebody may want', async () => {
    const fc = await detached()
    fc.world.reboot()
    await fc.world.sleep(2 * SECOND)
    const attacher = await fc.world.attacher()
    expect((await attacher.recover()).actions).toEqual([])
    expect(disks(fc.world)).toContain(DISK)
  })
})
test('while somebody watches, a disk that comes back is removed within two seconds, and others stay', async () => {
  const fc = await detached()
  const watching = (async () => {
    for await (const { id } of fc.attacher.watch()) expect(id).toBe('nothing is attached')
  })()
  await fc.world.sleep(SECOND)
  fc.world.host.fc.setLink(LEFT, false)
  await fc.world.sleep(SECOND)
  fc.world.host.fc.setLink(LEFT, true)
  await fc.world.sleep(2 * SECOND)
  expect(disks(fc.world)).toEqual(['0:0:0:4', SAME, '1:0:0:4'])
  await ended(fc)
  await watching
})
test('disks of volumes that nobody attached are not touched by recover()', async () => {
  const fc = await started()
  const before = disks(fc.world)
  expect((await fc.attacher.recover()).actions).toEqual([])
  expect(disks(fc.world)).toEqual(before)
  expect([A, B]).toHaveLength(2)
  await ended(fc)
})
