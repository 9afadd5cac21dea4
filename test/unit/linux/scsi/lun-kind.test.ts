import { expect, test } from 'vitest'

import { isOfTarget, notAVolume, peripheralOf } from '../../../../lib/linux/scsi/lun-kind.js'
import type { BlockOfDisk } from '../../../../lib/linux/block/block.js'

const block = (sizeBytes: number): BlockOfDisk => {
  return { name: 'sda', device: '8:0', sizeBytes, logicalBlockSize: 512, readOnly: false, diskseq: '1', holders: [] }
}

test.each([
  ['a disk', 0, 0, block(512), undefined, false],
  ['a disk whose block device the kernel has yet to make', 0, 0, undefined, undefined, false],
  ['an optical memory', 7, 0, block(512), undefined, false],
  ['a simplified disk', 14, 0, block(512), undefined, false],
  ['a zoned disk', 20, 0, block(512), undefined, false],
  ['a disk of which nothing is known', undefined, 0, block(512), undefined, false],
  ['a placeholder', 0, 0, block(0), 'a placeholder of 0 bytes', false],
  ['LUN 0 of a target without volumes', 0, 1, undefined, 'a logical unit that is not connected', true],
  ['LUN 0 of tgt', 12, 0, undefined, 'a RAID controller', true],
  ['an enclosure', 13, 0, undefined, 'an enclosure', true],
  ['REPORT LUNS, well-known', 30, 0, undefined, 'a well-known logical unit', true],
  ['nothing', 31, 0, undefined, 'a logical unit of no type', true],
  ['a tape drive, which is somebody’s', 1, 0, undefined, 'a tape drive', false],
  ['a CD drive, which has a block device', 5, 0, block(2048), 'a CD or DVD drive', false],
  ['what no standard knows', 25, 0, undefined, 'a device of type 25, no disk', false],
] as const)('%s', (_what, type, qualifier, of, what, ofTarget) => {
  const disk = { type, qualifier, block: of }
  expect([notAVolume(disk), isOfTarget(disk)]).toEqual([what, ofTarget])
})

test('the first byte of INQUIRY data has qualifier and type', () => {
  expect(peripheralOf(Uint8Array.of(0x2c, 0))).toEqual({ type: 12, qualifier: 1 })
  expect(peripheralOf(new Uint8Array())).toBeUndefined()
  expect(peripheralOf(undefined)).toBeUndefined()
})
