import { expect, test } from 'vitest'

import { parseUdevRecord } from '../../../lib/linux/udev/database.js'
import { aboutOf, isYounger, type RecordedDevice } from '../../../lib/linux/udev/about.js'
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

test('which of two devices the kernel made first is a question of their numbers, if it has such numbers', () => {
  expect(isYounger({ diskseq: '10' }, { diskseq: '9' })).toBe(true)
  expect(isYounger({ diskseq: '9' }, { diskseq: '10' })).toBe(false)
  expect(isYounger({ diskseq: undefined }, { diskseq: '9' })).toBe(false)
  expect(isYounger({ diskseq: '9' }, { diskseq: undefined })).toBe(false)
})
