import { describe, expect, test } from 'vitest'

import { readSessions, sessionGuard } from '../../../../lib/linux/iscsi/session.js'
import { deleteDisk } from '../../../../lib/linux/scsi/tell-disk.js'
import { readDisks, type ScsiDisk } from '../../../../lib/linux/scsi/disk.js'
import { scanLun } from '../../../../lib/linux/scsi/scan.js'
import { loadSgModule } from '../../../../lib/linux/scsi/sg.js'
import { FakeHost, result } from '../../../../lib/testing/index.js'
import { forever, logIn, withDisk } from '../machine.js'
import { LIO, serialPage } from '../pages.js'

/** A scsi_device of LUN `lun`, file by file. */
function sysfs(host: FakeHost, lun: string, files: Readonly<Record<string, string | Uint8Array>> = {}): string {
  const session = '/sys/devices/platform/host8/session9'
  const directory = `${session}/target8:0:0/8:0:0:${lun}`
  host.putDirectory(directory)
  for (const [name, content] of Object.entries(files)) host.put(`${directory}/${name}`, content)
  return session
}

describe('the disks of a session', () => {
  test('are told as the kernel knows them', async () => {
    const { host, session } = await withDisk()
    const [disk, ...others] = await readDisks(host, session, forever)
    const { serial = '', naa = '' } = host.storage.volumeNamed('one')
    expect(disk).toMatchObject({
      hctl: '0:0:0:1',
      lun: 1n,
      directory: `${session}/target0:0:0/0:0:0:1`,
      state: 'running',
      kernelWwid: `naa.${naa}`,
      wwid: `3${naa}`,
      serial,
      sg: '/dev/sg0',
      block: { name: 'sda', device: '8:0', sizeBytes: 64 * 1024 * 1024, logicalBlockSize: 512, readOnly: false, diskseq: '1', holders: [] },
    })
    expect(others).toEqual([])
  })
  test('have no block device until the disk driver has made it', async () => {
    const { host, session } = await withDisk({ delays: { disk: 60_000 } })
    expect(await readDisks(host, session, forever)).toMatchObject([{ hctl: '0:0:0:1', sg: '/dev/sg0', block: undefined }])
    await host.clock.advance(60_000)
    expect(await readDisks(host, session, forever)).toMatchObject([{ block: { name: 'sda' } }])
  })
  test('are all there, and only those of this session', async () => {
    const host = new FakeHost()
    for (const name of ['one', 'two']) host.storage.volume(name)
    const { session } = await logIn(host, { 1: 'one', 2: 'two' })
    sysfs(host, '3')
    expect((await readDisks(host, session, forever)).map(({ lun }) => lun)).toEqual([1n, 2n])
  })
  test('without an identity have none', async () => {
    const host = new FakeHost()
    host.storage.volume('anonymous', { serial: null })
    const { session } = await logIn(host, { 1: 'anonymous' })
    const [disk] = await readDisks(host, session, forever)
    expect(disk).toMatchObject({ wwid: undefined, serial: undefined, kernelWwid: undefined })
  })
  test('without the sg module have no sg node', async () => {
    const { host, session } = await withDisk()
    host.take(`${session}/target0:0:0/0:0:0:1/scsi_generic`)
    expect(await readDisks(host, session, forever)).toMatchObject([{ sg: undefined, block: { name: 'sda' } }])
  })
  test('may have a LUN of 64 bits', async () => {
    const host = new FakeHost()
    expect(await readDisks(host, sysfs(host, '18446744073709551615'), forever)).toMatchObject([{ lun: 2n ** 64n - 1n, state: 'unknown' }])
  })
  test('show what they are, by whatever is there', async () => {
    const host = new FakeHost()
    const session = sysfs(host, '3', {
      state: 'transport-offline\n',
      vpd_pg80: serialPage('a1b2'),
      vpd_pg83: LIO,
      'block/sdq/dev': '65:0\n',
      'block/sdq/size': '2048\n',
      'block/sdq/ro': '1\n',
      'block/sdq/queue/logical_block_size': '4096\n',
      'block/sdq/holders/.keep': '',
    })
    host.putDirectory('/sys/devices/virtual/block/dm-3')
    host.putLink(`${session}/target8:0:0/8:0:0:3/block/sdq/holders/dm-3`, '/sys/devices/virtual/block/dm-3')
    expect(await readDisks(host, session, forever)).toMatchObject([
      {
        state: 'transport-offline',
        serial: 'a1b2',
        wwid: '36001405a1b2c3d4e5f60718293a4b5c6',
        block: {
          name: 'sdq',
          device: '65:0',
          sizeBytes: 1024 * 1024,
          logicalBlockSize: 4096,
          readOnly: true,
          diskseq: undefined,
          holders: ['dm-3'],
        },
      },
    ])
  })
  test.each([
    ['without a number', { 'block/sdq/size': '2048' }],
    ['without a size', { 'block/sdq/dev': '65:0' }],
    ['with a size that is none', { 'block/sdq/dev': '65:0', 'block/sdq/size': 'x' }],
  ])('whose block device is half made, %s, have none yet', async (_, files) => {
    const host = new FakeHost()
    expect(await readDisks(host, sysfs(host, '3', files), forever)).toMatchObject([{ hctl: '8:0:0:3', block: undefined }])
  })
  test('are none where there is no such session', async () => {
    expect(await readDisks(new FakeHost(), '/sys/devices/platform/host9/session9', forever)).toEqual([])
  })
})

const only = async (host: FakeHost, session: string): Promise<ScsiDisk> => {
  const [disk] = await readDisks(host, session, forever)
  return disk ?? expect.unreachable('there is a disk')
}
const handleOf = ({ directory, block, kernelWwid }: ScsiDisk) => ({
  directory,
  name: block?.name ?? '',
  kernelWwid,
  diskseq: block?.diskseq,
})

describe('deleting a disk', () => {
  test('takes away exactly the disk of the handle', async () => {
    const { host, session } = await withDisk()
    expect(await deleteDisk(host, handleOf(await only(host, session)), forever)).toEqual({ outcome: 'written' })
    await host.clock.advance(100)
    expect(await readDisks(host, session, forever)).toEqual([])
    expect(host.trace.map(({ subject }) => subject)).toContain(`${session}/target0:0:0/0:0:0:1/delete 1`)
  })
  test.each([
    ['another volume', { kernelWwid: 'naa.6001405000000000' }, 'wwid'],
    ['another disk of that name', { diskseq: '77' }, 'block/sda/diskseq'],
  ])('leaves %s that has taken its place', async (_, other, attribute) => {
    const { host, session } = await withDisk()
    const handle = { ...handleOf(await only(host, session)), ...other }
    expect(await deleteDisk(host, handle, forever)).toMatchObject({ outcome: 'changed', attribute })
    await host.clock.advance(100)
    expect(await readDisks(host, session, forever)).toHaveLength(1)
  })
  test('of one that has gone says so', async () => {
    const { host, session } = await withDisk()
    const handle = handleOf(await only(host, session))
    await deleteDisk(host, handle, forever)
    await host.clock.advance(100)
    expect(await deleteDisk(host, handle, forever)).toEqual({ outcome: 'gone' })
  })
})

describe('scanning a LUN', () => {
  const at = (lun: bigint, host = 0) => ({ host, channel: 0, id: 0, lun })
  const ready = async () => {
    const host = new FakeHost()
    for (const name of ['one', 'two']) host.storage.volume(name)
    const { session } = await logIn(host, { 1: 'one' })
    const [first] = await readSessions(host, forever)
    return { host, session, first: first ?? expect.unreachable('there is a session') }
  }
  test('brings in that LUN and no other', async () => {
    const { host, session, first } = await ready()
    host.storage.iscsi.mapLun(first.target, 2, 'two')
    host.storage.iscsi.mapLun(first.target, 3, 'two')
    expect(await scanLun(host, at(2n), [sessionGuard(first)], forever)).toEqual({ outcome: 'written' })
    await host.clock.advance(100)
    expect((await readDisks(host, session, forever)).map(({ lun }) => lun)).toEqual([1n, 2n])
  })
  test('never reaches another session to which the kernel has given the number of the SCSI host', async () => {
    const { host, first } = await ready()
    expect(await scanLun(host, at(2n), [sessionGuard({ ...first, target: `${first.target}-b` })], forever)).toMatchObject({
      outcome: 'changed',
      found: first.target,
    })
    expect(await scanLun(host, at(2n), [sessionGuard({ ...first, id: 7 })], forever)).toEqual({ outcome: 'gone' })
    expect(await scanLun(host, at(2n, 5), [sessionGuard(first)], forever)).toEqual({ outcome: 'gone' })
  })
})

describe('the sg module', () => {
  test('is not asked for where it is there', async () => {
    const host = new FakeHost()
    expect(await loadSgModule(host, forever)).toBe(true)
    expect(host.ran).toEqual([])
  })
  test.each([
    [0, true],
    [1, false],
  ])('is asked for where it is not: modprobe ends with %d', async (exitCode, loaded) => {
    const host = new FakeHost()
    host.take('/sys/class/scsi_generic')
    host.programs.set('modprobe', () => result(exitCode))
    expect(await loadSgModule(host, forever)).toBe(loaded)
    expect(host.ran).toEqual([['modprobe', 'sg']])
  })
})
