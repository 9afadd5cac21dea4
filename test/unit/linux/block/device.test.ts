import { describe, expect, test } from 'vitest'

import { nameOfDevice, readBlockDevice } from '../../../../lib/linux/block/device.js'
import { forever, withDisk } from '../machine.js'

describe('a block device', () => {
  test('of SCSI is told with its identity and its sg node', async () => {
    const { host } = await withDisk()
    const { naa = '' } = host.storage.volumeNamed('one')
    const device = await readBlockDevice(host, 'sda', forever)
    expect(device).toMatchObject({ name: 'sda', device: '8:0', sizeBytes: 64 * 1024 * 1024, kernelWwid: `naa.${naa}`, sg: '/dev/sg0' })
    expect(device).toMatchObject({ partitions: [], holders: [], dm: undefined, diskseq: '1' })
    expect(device?.vpd83?.[1]).toBe(0x83)
    expect(device?.vpd80?.[1]).toBe(0x80)
  })
  test('has the partitions that the kernel has found on it, with what is built on them', async () => {
    const { host, session } = await withDisk()
    const directory = `${session}/target0:0:0/0:0:0:1/block/sda`
    for (const [number, device] of [
      ['1', '8:1'],
      ['2', '8:2'],
    ] as const) {
      host.put(`${directory}/sda${number}/dev`, `${device}\n`)
      host.put(`${directory}/sda${number}/partition`, `${number}\n`)
    }
    host.putDirectory('/sys/devices/virtual/block/dm-1')
    host.putLink(`${directory}/sda2/holders/dm-1`, '/sys/devices/virtual/block/dm-1')
    expect((await readBlockDevice(host, 'sda', forever))?.partitions).toEqual([
      { name: 'sda1', device: '8:1', holders: [] },
      { name: 'sda2', device: '8:2', holders: ['dm-1'] },
    ])
  })
  test('of device-mapper has a name and a UUID', async () => {
    const { host } = await withDisk()
    host.users.stack('/dev/sda', 'dm-0', 'vg-data')
    host.putLink('/sys/class/block/dm-0', '/sys/devices/virtual/block/dm-0')
    expect(await readBlockDevice(host, 'dm-0', forever)).toMatchObject({
      name: 'dm-0',
      dm: { name: 'vg-data', uuid: 'LVM-vg-data' },
      sg: undefined,
    })
    expect((await readBlockDevice(host, 'sda', forever))?.holders).toEqual(['dm-0'])
  })
  test('of the machine itself has no identity', async () => {
    const { host } = await withDisk()
    host.localDisk('vdb', 'one')
    expect(await readBlockDevice(host, 'vdb', forever)).toMatchObject({
      device: '254:16',
      kernelWwid: undefined,
      vpd83: undefined,
      sg: undefined,
    })
    expect(await nameOfDevice(host, '254:16')).toBe('vdb')
  })
  test('that is not there is not there', async () => {
    const { host } = await withDisk()
    expect(await readBlockDevice(host, 'sdz', forever)).toBeUndefined()
    expect(await nameOfDevice(host, '8:240')).toBeUndefined()
  })
  test('that is half made is not there yet', async () => {
    const { host, session } = await withDisk()
    host.take(`${session}/target0:0:0/0:0:0:1/block/sda/size`)
    expect(await readBlockDevice(host, 'sda', forever)).toBeUndefined()
  })
})
