import { describe, expect, test } from 'vitest'

import { parseDesignators } from '../../../../lib/linux/scsi/vpd.js'
import { normalWwid, showsWwid } from '../../../../lib/linux/scsi/wwid.js'
import { EUI, identificationPage, LIO, NAME } from '../pages.js'

describe('one WWID in many spellings', () => {
  test.each([
    ['naa.6001405A1B2C3D4E', '36001405a1b2c3d4e'],
    ['0x6001405a1b2c3d4e', '36001405a1b2c3d4e'],
    ['36001405a1b2c3d4e', '36001405a1b2c3d4e'],
    [' NAA.6001405a1b2c3d4e\n', '36001405a1b2c3d4e'],
    ['eui.02004567A425678D', '202004567a425678d'],
    ['202004567a425678d', '202004567a425678d'],
    ['t10.LIO-ORG FILEIO', 't10.lio-org fileio'],
    ['1LIO-ORG_FILEIO', '1lio-org_fileio'],
    ['naa.xyz', 'naa.xyz'],
    ['', ''],
  ])('%j compares as %j', (text, normal) => {
    expect(normalWwid(text)).toBe(normal)
    expect(normalWwid(normal)).toBe(normal)
  })
})

describe('a device is the expected one', () => {
  const lio = parseDesignators(LIO)
  test.each([
    'naa.6001405a1b2c3d4e5f60718293a4b5c6',
    'NAA.6001405A1B2C3D4E5F60718293A4B5C6',
    '0x6001405a1b2c3d4e5f60718293a4b5c6',
    '36001405a1b2c3d4e5f60718293a4b5c6',
    '1LIO-ORG_FILEIO_:a1b2',
  ])('by %s', (expected) => {
    expect(showsWwid(lio, expected)).toBe(true)
  })
  test.each([
    '36001405a1b2c3d4e5f60718293a4b5c7',
    '6001405a1b2c3d4e5f60718293a4b5c6',
    '26001405a1b2c3d4e5f60718293a4b5c6',
    '36001405a1b2c3d4e',
    'eui.6001405a1b2c3d4e5f60718293a4b5c6',
    '',
  ])('not by %j', (expected) => {
    expect(showsWwid(lio, expected)).toBe(false)
  })
  test('by any designator of the logical unit, not only by the preferred one', () => {
    const several = parseDesignators(identificationPage(EUI, NAME))
    for (const expected of ['eui.02004567a425678d', '8iqn.2003-01.org.example:lu-1']) expect(showsWwid(several, expected)).toBe(true)
  })
  test('never, when it shows nothing', () => {
    expect(showsWwid([], '36001405')).toBe(false)
  })
})
