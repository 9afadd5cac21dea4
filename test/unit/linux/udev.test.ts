import { describe, expect, test } from 'vitest'

import { parseUdevRecord, readUdevRecord, udevRuns } from '../../../lib/linux/udev/database.js'
import { FakeHost } from '../../../lib/testing/index.js'
import { withDisk } from './machine.js'

describe("udev's record of a device", () => {
  const text = [
    'S:disk/by-id/scsi-36001405',
    'L:10',
    'I:123456',
    'E:ID_FS_TYPE=ext4',
    'E:ID_FS_LABEL=a=b=c',
    'E:ID_EMPTY=',
    'E:ID_SERIAL=LIO ORG  x',
    'E:NO_VALUE',
    'G:systemd',
    'V:1',
    '',
  ].join('\n')

  test('says whether its rules have run, and what they found', () => {
    const { initialized, links, properties } = parseUdevRecord(text)
    expect([initialized, links]).toEqual([true, ['disk/by-id/scsi-36001405']])
    expect(Object.fromEntries(properties)).toEqual({
      ID_FS_TYPE: 'ext4',
      ID_FS_LABEL: 'a=b=c',
      ID_EMPTY: '',
      ID_SERIAL: 'LIO ORG  x',
    })
  })
  test('that has no line for the time of its rules says that they have not run', () => {
    expect(parseUdevRecord('S:disk/x\nE:ID_I=I:1\nE:I:=1\n').initialized).toBe(false)
    expect(parseUdevRecord('')).toEqual({ initialized: false, links: [], properties: new Map() })
  })
  test('is read by the number of the device', async () => {
    const { host } = await withDisk()
    const record = await readUdevRecord(host, '8:0')
    expect(record?.initialized).toBe(true)
    expect(record?.properties.get('ID_FS_TYPE')).toBe('ext4')
    expect(await readUdevRecord(host, '8:16')).toBeUndefined()
  })
})

test('whether udev runs is seen without talking to it', async () => {
  expect(await udevRuns(new FakeHost())).toBe(true)
  expect(await udevRuns(new FakeHost({ udevd: false }))).toBe(false)
})
