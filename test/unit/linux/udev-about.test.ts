import { expect, test } from 'vitest'

import { parseUdevRecord } from '../../../lib/linux/udev/database.js'
import { aboutOf, isOfAnother, isYounger, type RecordedDevice } from '../../../lib/linux/udev/about.js'
import { LIO } from './pages.js'

const WWID = '36001405a1b2c3d4e5f60718293a4b5c6'
const disk: RecordedDevice = { device: '8:0', diskseq: '9', dm: undefined, vpd83: LIO }
const map: RecordedDevice = {
  device: '253:0',
  diskseq: '11',
  dm: { name: 'm', uuid: `mpath-${WWID}`, suspended: false, slaves: [] },
  vpd83: undefined,
}
const about = (lines: readonly string[], device: RecordedDevice, sinceMs?: number) =>
  aboutOf(parseUdevRecord(lines.join('\n')), { ...device, sinceMs })

test.each([
  ['the number of this disk, whatever the time', ['S:disk/by-diskseq/9', 'I:1'], 5000, 'this'],
  ['the number of another disk, although the time fits', ['S:disk/by-diskseq/8', 'I:9000000', `E:ID_SERIAL=${WWID}`], 5000, 'another'],
  ['no number, and a time before the scan', ['I:4999999', `E:ID_SERIAL=${WWID}`], 5000, 'another'],
  ['no number, and a time after the scan began', ['I:5000000'], 5000, 'this'],
  ['no number and a time that cannot be read', ['I:', `E:ID_SERIAL=${WWID}`], 5000, 'another'],
  ['of an old disk: its WWID', ['I:1', `E:ID_SERIAL=${WWID}`], undefined, 'this'],
  ['of an old disk: its WWN in another spelling', ['I:1', `E:ID_WWN_WITH_EXTENSION=0x${WWID.slice(1)}`], undefined, 'this'],
  ['of an old disk: another WWID', ['I:1', 'E:ID_SERIAL=36001405000000000000000000000000'], undefined, 'unknown'],
  ['of an old disk: nothing at all', ['I:1'], undefined, 'unknown'],
] as const)('a record with %s', (_what, lines, sinceMs, expected) => {
  expect(about(lines, disk, sinceMs)).toBe(expected)
})

test.each([
  ['another uuid', ['I:9000000', 'E:DM_UUID=mpath-other'], 5000, 'another'],
  ['its uuid, and a time before the map was made', ['I:4999999', `E:DM_UUID=mpath-${WWID}`], 5000, 'another'],
  ['its uuid, and a time after that', ['I:5000001', `E:DM_UUID=mpath-${WWID}`], 5000, 'this'],
  ['its uuid, of a map that was there before', ['I:1', `E:DM_UUID=mpath-${WWID}`], undefined, 'unknown'],
  ['its uuid and its number (Debian 13)', ['S:disk/by-diskseq/11', 'I:1', `E:DM_UUID=mpath-${WWID}`], undefined, 'this'],
  ['its uuid and the number of the map before', ['S:disk/by-diskseq/10', 'I:9000000', `E:DM_UUID=mpath-${WWID}`], 5000, 'another'],
] as const)('a record of a map with %s', (_what, lines, sinceMs, expected) => {
  expect(about(lines, map, sinceMs)).toBe(expected)
})

const another = (lines: readonly string[], device: RecordedDevice, paths: readonly (readonly [string, string])[] = []) => {
  const recorded = paths.map(([diskseq, since]) => ({ disk: { diskseq }, record: parseUdevRecord(`I:${since}`) }))
  return isOfAnother(parseUdevRecord(lines.join('\n')), device, recorded)
}
test.each([
  ['the number of another disk', ['S:disk/by-diskseq/8', `E:ID_SERIAL=${WWID}`], true],
  ['the number of another disk, in the record of a partition', ['S:disk/by-diskseq/8-part1', `E:ID_SERIAL=${WWID}`], true],
  ['the number of its disk, in the record of a partition', ['S:disk/by-diskseq/9-part1'], false],
  ['another WWID', [`E:ID_SERIAL=3${'6001405'.padEnd(32, '0')}`], true],
  ['another WWN', ['E:ID_WWN_WITH_EXTENSION=0x6001405a1b2c3d4e0000000000000000'], true],
  ['its WWID in any spelling', [`E:ID_SERIAL=0x${WWID.slice(1).toUpperCase()}`], false],
  ['the first half of its WWN', [`E:ID_WWN=0x${WWID.slice(1, 17)}`], false],
  ['a serial number, which may be of any device', ['E:ID_SERIAL=QEMU_HARDDISK_1'], false],
  ['nothing at all', ['I:1'], false],
])('a record with %s is of another disk: %#', (_what, lines, expected) => {
  expect(another(lines, disk)).toBe(expected)
  expect(another(lines, { ...disk, vpd83: undefined }), 'of a device that shows nothing').toBe(lines.join('').includes('by-diskseq/8'))
})
test.each([
  ['another uuid', ['I:9', 'E:DM_UUID=mpath-other'], [], true],
  ['its uuid, and no disk that speaks of it', ['I:5', `E:DM_UUID=mpath-${WWID}`], [], false],
  ['its uuid, older than the record of a disk before it', ['I:5', `E:DM_UUID=mpath-${WWID}`], [['10', '6']], true],
  ['its uuid, older than the record of a disk after it', ['I:5', `E:DM_UUID=mpath-${WWID}`], [['12', '6']], false],
  ['its uuid, as old as that of its disk', ['I:5', `E:DM_UUID=mpath-${WWID}`], [['10', '5']], false],
] as const)('a record of a map with %s is of another map: %#', (_what, lines, paths, expected) => {
  expect(another(lines, map, paths)).toBe(expected)
})
test('the record of a map without a uuid may be about it', () => {
  const plain: RecordedDevice = { ...map, dm: { name: 'm', uuid: '', suspended: false, slaves: [] } }
  expect([another(['I:1'], plain), another(['I:1', 'E:DM_UUID=mpath-other'], plain)]).toEqual([false, true])
})

test('which of two devices the kernel made first is a question of their numbers, if it has such numbers', () => {
  expect(isYounger({ diskseq: '10' }, { diskseq: '9' })).toBe(true)
  expect(isYounger({ diskseq: '9' }, { diskseq: '10' })).toBe(false)
  expect(isYounger({ diskseq: undefined }, { diskseq: '9' })).toBe(false)
  expect(isYounger({ diskseq: '9' }, { diskseq: undefined })).toBe(false)
})
