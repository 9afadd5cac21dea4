/** Disks that the kernel's own scan finds. Unused disks are adopted and removed by the last detach; the others stay. */
import { describe, expect, test } from 'vitest'
import type { AttachRequest } from '../../lib/index.js'
import { LUN, PORTS, toyRequest, type Toy, withVolume } from './toy-world.js'
import { disks, ended, LEFT, onLeft, origins, RIGHT } from './adopted.js'

const MAPPED = { multipathd: 'running', findMultipaths: 'yes' } as const
const asMap = (id: string, more: Partial<AttachRequest> = {}) => toyRequest(id, { policy: { multipath: 'require' }, ...more })

describe('over a single path', () => {
  test('an unused disk is adopted, and gone after the detach', async () => {
    const toy = await withVolume()
    await toy.scanned()
    expect(await disks(toy)).toEqual([LEFT, RIGHT])
    const { paths } = await toy.attacher.attach(onLeft('one'))
    expect(paths).toMatchObject([{ label: 'left', hctl: LEFT }])
    expect(await origins(toy.world, 'one')).toEqual({ 'disk port left 1': 'adopted' })
    expect(await toy.attacher.detach('one')).toMatchObject({ outcome: 'released', kept: [], remaining: [] })
    expect(await disks(toy)).toEqual([RIGHT])
    await ended(toy)
  })

  test('a disk that the attach itself scans for is created', async () => {
    const toy = await withVolume()
    await toy.attacher.attach(onLeft('one'))
    expect(await origins(toy.world, 'one')).toEqual({ 'disk port left 1': 'created' })
    await toy.attacher.detach('one')
    await toy.scanned()
    await ended(toy)
  })

  test('the first of two detaches keeps the disk, the second removes it', async () => {
    const toy = await withVolume()
    await toy.scanned()
    for (const id of ['one', 'two']) await toy.attacher.attach(onLeft(id))
    expect(await origins(toy.world, 'two')).toEqual({ 'disk port left 1': 'adopted' })
    expect((await toy.attacher.detach('one')).kept.map(({ reason }) => reason)).toEqual(['another attachment uses it'])
    expect(await disks(toy)).toEqual([LEFT, RIGHT])
    expect((await toy.attacher.detach('two')).kept).toEqual([])
    expect(await disks(toy)).toEqual([RIGHT])
    await ended(toy)
  })

  test('a disk in use stays found, and is there with its user after the detach', async () => {
    const toy = await withVolume()
    await toy.scanned()
    const mount = await toy.world.mount('/dev/sda')
    await toy.attacher.attach(onLeft('one'))
    expect(await origins(toy.world, 'one')).toEqual({ 'disk port left 1': 'found' })
    const { kept } = await toy.attacher.detach('one')
    expect(kept.map(({ reason }) => reason)).toEqual(['it existed before the attach'])
    expect(await disks(toy)).toEqual([LEFT, RIGHT])
    await expect(toy.world.host.kernel.hold('/dev/sda', new AbortController().signal)).resolves.toBe('busy')
    await mount.unmount()
    await ended(toy)
  })

  test('a disk that an earlier attachment found in use stays, also after the last detach', async () => {
    const toy = await withVolume()
    await toy.scanned()
    const mount = await toy.world.mount('/dev/sda')
    await toy.attacher.attach(onLeft('one'))
    await mount.unmount()
    await toy.attacher.attach(onLeft('two'))
    expect([await origins(toy.world, 'one'), await origins(toy.world, 'two')]).toEqual([
      { 'disk port left 1': 'found' },
      { 'disk port left 1': 'found' },
    ])
    for (const id of ['two', 'one']) await toy.attacher.detach(id)
    expect(await disks(toy)).toEqual([LEFT, RIGHT])
    await ended(toy)
  })

  test('two owners who attach at the same time adopt the disk together', async () => {
    const toy = await withVolume()
    await toy.scanned()
    const other = await toy.world.attacher({ owner: 'other', stateDir: '/var/lib/other' })
    // One attach finds the disk first, and verifies it after the other has attached it.
    toy.world.host.faults.plant({ on: 'kernel.scsi', does: { delayMs: 1000 } })
    await Promise.all([toy.attacher.attach(onLeft('one')), other.attach(onLeft('two'))])
    expect([await origins(toy.world, 'one'), await origins(toy.world, 'two')]).toEqual([
      { 'disk port left 1': 'adopted' },
      { 'disk port left 1': 'adopted' },
    ])
    await toy.attacher.detach('one')
    expect(await disks(toy)).toEqual([LEFT, RIGHT])
    await other.detach('two')
    expect(await disks(toy)).toEqual([RIGHT])
    await ended(toy)
  })
})

describe('over a map', () => {
  test('the disks of an unused map are adopted, and go with it', async () => {
    const toy = await withVolume(MAPPED)
    await toy.scanned()
    const { paths, multipath } = await toy.attacher.attach(asMap('one'))
    expect([paths.map(({ label }) => label).sort(), multipath === null]).toEqual([[...PORTS], false])
    expect(await origins(toy.world, 'one')).toEqual({ 'disk port left 1': 'adopted', 'disk port right 1': 'adopted' })
    expect(await toy.attacher.detach('one')).toMatchObject({ kept: [], remaining: [] })
    expect(await toy.world.leftovers()).toMatchObject({ disks: [], maps: [] })
    await ended(toy)
  })

  test('a map in use keeps its disks found, and stays with its user', async () => {
    const toy = await withVolume(MAPPED)
    await toy.scanned()
    const mount = await toy.world.mount('/dev/dm-0')
    const { device } = await toy.attacher.attach(asMap('one'))
    expect(device).toBe('/dev/dm-0')
    expect(await origins(toy.world, 'one')).toEqual({ 'disk port left 1': 'found', 'disk port right 1': 'found' })
    const { outcome, kept } = await toy.attacher.detach('one')
    expect([outcome, kept.length]).toEqual(['released', 3])
    expect(await disks(toy)).toEqual([LEFT, RIGHT])
    expect(toy.world.host.volumesBehind('/dev/dm-0')).toEqual(['data', 'data'])
    await mount.unmount()
    await ended(toy)
  })

  test('a disk below an unused map that a program has open stays found, and the map with it', async () => {
    const toy = await withVolume(MAPPED)
    await toy.scanned()
    const opener = await toy.world.openRaw('/dev/sda')
    await toy.attacher.attach(asMap('one'))
    expect(await origins(toy.world, 'one')).toEqual({ 'disk port left 1': 'found', 'disk port right 1': 'found' })
    expect((await toy.attacher.detach('one')).outcome).toBe('released')
    expect(await disks(toy)).toEqual([LEFT, RIGHT])
    expect(toy.world.host.volumesBehind('/dev/dm-0')).toEqual(['data', 'data'])
    const { openers } = await toy.world.host.kernel.openers(['8:0'], new AbortController().signal)
    expect(openers.map(({ pid }) => pid)).toContain(opener.pid)
    await opener.close()
    await ended(toy)
  })

  test('a late path that the kernel found is adopted, although the volume is in use by then', async () => {
    const toy = await withVolume(MAPPED)
    toy.world.toy.map(LUN, undefined, ['right'])
    await toy.scanned()
    const { multipath } = await toy.attacher.attach(asMap('one', { policy: { multipath: 'require', assemble: 'direct' } }))
    expect(multipath).not.toBeNull()
    const mount = await toy.world.mount('/dev/dm-0')
    toy.world.toy.map(LUN, 'data', ['right'])
    await rescan(toy, '1 3 1')
    await toy.world.sleep(5000)
    expect(await origins(toy.world, 'one')).toEqual({ 'disk port left 1': 'adopted', 'disk port right 1': 'adopted' })
    expect(toy.world.host.volumesBehind('/dev/dm-0')).toEqual(['data', 'data'])
    await expect(toy.attacher.detach('one')).rejects.toMatchObject({ code: 'ERR_HELD' })
    expect(toy.world.host.volumesBehind('/dev/dm-0')).toEqual(['data', 'data'])
    await mount.unmount()
    expect(await toy.attacher.detach('one')).toMatchObject({ kept: [], remaining: [] })
    expect(await toy.world.leftovers()).toMatchObject({ disks: [], maps: [] })
    await ended(toy)
  })

  test('a disk that a program has mounted keeps multipathd from making a map: it is used as it is, and stays', async () => {
    const toy = await withVolume(MAPPED)
    await toy.world.sleep(600)
    const mount = await toy.world.mount('/dev/sda')
    await toy.scanned()
    const { multipath, paths } = await toy.attacher.attach(asMap('one', { policy: { multipath: 'prefer' } }))
    expect([multipath, paths.map(({ label }) => label)]).toEqual([null, ['left']])
    expect(await origins(toy.world, 'one')).toEqual({ 'disk port left 1': 'found' })
    await toy.attacher.detach('one')
    expect(await toy.world.leftovers()).toMatchObject({ disks: [LEFT], maps: [] })
    await mount.unmount()
    await ended(toy)
  })

  test('a path that shows another volume is neither adopted nor removed', async () => {
    const toy = await withVolume(MAPPED)
    toy.world.toy.map(LUN, 'other', ['right'])
    await toy.scanned()
    const wwid = `3${toy.world.host.storage.volumeNamed('data').naa ?? ''}`
    const { paths } = await toy.attacher.attach(asMap('one', { expected: { wwid } }))
    expect(paths.map(({ label }) => label)).toEqual(['left'])
    expect(await origins(toy.world, 'one')).toEqual({ 'disk port left 1': 'adopted' })
    await toy.attacher.detach('one')
    expect(await disks(toy)).toEqual([RIGHT])
    await ended(toy)
  })

  test('paths that show different volumes are refused, and one that was not adopted is not removed', async () => {
    const toy = await withVolume(MAPPED)
    toy.world.toy.map(LUN, 'other', ['right'])
    await toy.scanned()
    await expect(toy.attacher.attach(asMap('one'))).rejects.toMatchObject({ code: 'ERR_IDENTITY_CONFLICT' })
    expect(await disks(toy)).toContain(RIGHT)
    await ended(toy)
  })
})

/** Another program makes the kernel scan. */
async function rescan({ world }: Toy, value: string): Promise<void> {
  const request = { directory: '/sys/class/scsi_host/host0', guards: [], attribute: 'scan', value, waits: 'bounded' } as const
  await world.host.process().kernel.write(request, new AbortController().signal)
}
