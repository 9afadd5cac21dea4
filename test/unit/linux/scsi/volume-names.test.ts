/** Names of volumes, and the rule for whether two devices show the same volume. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { namesOf, showsAnotherWwid, showSameVolume, showsWwid } from '../../../../lib/linux/scsi/volume-names.js'
import { parseDesignators } from '../../../../lib/linux/scsi/vpd.js'
import {
  bytes,
  designator,
  EUI,
  fromHex,
  identificationPage,
  LIO,
  NAA2,
  NAA3,
  NAA5,
  NAA6,
  NAME,
  PORT,
  T10,
  TARGET,
  VENDOR,
} from '../pages.js'

const UUID = designator({ type: 10, value: fromHex('1000' + '0123456789abcdef0123456789abcdef') })
const named = (...designators: readonly Uint8Array[]) => namesOf(parseDesignators(identificationPage(...designators)), undefined)

describe('the names of a volume', () => {
  test.each<[string, Uint8Array, string[]]>([
    ['NAA registered extended', NAA6, ['naa.6001405a1b2c3d4e5f60718293a4b5c6']],
    ['NAA registered', NAA5, ['naa.5001405a1b2c3d4e']],
    ['EUI-64', EUI, ['eui.02004567a425678d']],
    ['T10 vendor text', T10, ['t10.lio-org_fileio_:a1b2']],
    ['UUID', UUID, ['uuid.0123456789abcdef0123456789abcdef']],
    ['MD5', designator({ type: 7, value: fromHex('00112233445566778899aabbccddeeff') }), ['md5.00112233445566778899aabbccddeeff']],
    ['iSCSI name', NAME, ['name.iqn.2003-01.org.example:lu-1']],
    ['NAA in letters', designator({ type: 8, codeSet: 3, value: bytes('naa.6001405A\0') }), ['naa.6001405a']],
    ['UUID in letters', designator({ type: 8, codeSet: 3, value: bytes('uuid.0123-AB\0') }), ['uuid.0123ab']],
    ['vendor-specific text', VENDOR, []],
    ['NAA of a port', PORT, []],
    ['name of a target', TARGET, []],
    ['a UUID that is cut off', designator({ type: 10, value: fromHex('10000123') }), []],
  ])('%s', (_, page, names) => {
    expect(named(page)).toEqual(names)
  })
  test('are those of the logical unit and its serial number, each once', () => {
    expect(namesOf(parseDesignators(LIO), 'A1B2')).toEqual([
      'naa.6001405a1b2c3d4e5f60718293a4b5c6',
      't10.lio-org_fileio_:a1b2',
      'serial.a1b2',
    ])
    expect(named(NAA6, NAA6)).toHaveLength(1)
  })
})

describe('a device is the one that a WWID means', () => {
  const lio = namesOf(parseDesignators(LIO), undefined)
  test('by any designator of the logical unit, not only by the preferred one', () => {
    const several = named(EUI, NAME)
    for (const wwid of ['eui.02004567a425678d', '8iqn.2003-01.org.example:lu-1']) expect(showsWwid(several, wwid)).toBe(true)
    for (const wwid of ['naa.6001405A1B2C3D4E5F60718293A4B5C6', '1LIO-ORG_FILEIO_:a1b2']) expect(showsWwid(lio, wwid)).toBe(true)
  })
  test.each(['36001405a1b2c3d4e5f60718293a4b5c7', '26001405a1b2c3d4e5f60718293a4b5c6', '36001405a1b2c3d4e', ''])('not by %j', (wwid) => {
    expect(showsWwid(lio, wwid)).toBe(false)
  })
  test('and another one when it shows names of that kind, and not this one', () => {
    expect(showsAnotherWwid(lio, '36001405a1b2c3d4e5f60718293a4b5c7')).toBe(true)
    expect(showsAnotherWwid(lio, '36001405a1b2c3d4e5f60718293a4b5c6')).toBe(false)
    expect(showsAnotherWwid(named(T10), '36001405a1b2c3d4e5f60718293a4b5c7'), 'it shows no such name').toBe(false)
    expect(showsAnotherWwid(lio, '1VENDOR_other'), 'a text may be another spelling').toBe(false)
    expect(showsAnotherWwid([], '36001405a1b2c3d4e5f60718293a4b5c7')).toBe(false)
  })
})

describe('two devices show the same volume', () => {
  const [naa, other] = ['naa.6001405a', 'naa.6001405b']
  test.each<[readonly string[], readonly string[], boolean]>([
    [[naa], [naa], true],
    [[naa], [other], false],
    [[naa, 't10.x'], ['t10.x'], true],
    [['t10.x'], [naa, 't10.x'], true],
    [[naa, 't10.x'], [other, 't10.x'], false],
    [['naa.6a', 'naa.6b'], ['naa.6b'], true],
    [['naa.5001', naa], ['naa.5001', other], false],
    [['naa.3001', naa], [naa, 'naa.3002'], true],
    [[naa], ['t10.x'], false],
    [[naa, 'serial.1'], ['serial.1'], true],
    [['serial.1'], ['serial.2'], false],
    [[naa], [], false],
    [[], [], true],
  ])('%j and %j: %s', (here, there, same) => {
    expect(showSameVolume(here, there)).toBe(same)
    expect(showSameVolume(there, here)).toBe(same)
  })
  test('in whatever order, and however often, its designators come', () => {
    const any = fc.shuffledSubarray([NAA6, NAA5, NAA2, NAA3, EUI, NAME, T10, UUID, VENDOR, PORT, TARGET], { minLength: 1 })
    fc.assert(
      fc.property(any, fc.array(fc.constantFrom(PORT, TARGET, VENDOR)), (designators, more) => {
        const [once, again] = [named(...designators), named(...[...designators].reverse(), ...designators, ...more)]
        expect(showSameVolume(once, again)).toBe(true)
      }),
    )
  })
  test('unless the surest kind that both show differs', () => {
    const kinds = ['naa.6', 'uuid.', 'eui.', 'naa.5', 'naa.2', 'name.', 'md5.', 't10.', 'naa.3', 'serial.']
    const common = fc.subarray(kinds).map((some) => some.map((kind) => `${kind}0`))
    fc.assert(
      fc.property(fc.constantFrom(...kinds), common, (kind, shared) => {
        const below = shared.filter((name) => kinds.findIndex((each) => name.startsWith(each)) > kinds.indexOf(kind))
        expect(showSameVolume([`${kind}1`, ...below], [`${kind}2`, ...below])).toBe(false)
      }),
    )
  })
})
