/** One volume in many spellings. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { meaningOfNguid, meaningOfUuid, meaningOfWwid } from '../../../lib/core/volume-name.js'
import { formatDesignator, parseDesignators } from '../../../lib/linux/scsi/vpd.js'
import { namesOf } from '../../../lib/linux/scsi/volume-names.js'
import { bytes, designator, EUI, fromHex, identificationPage, NAA2, NAA5, NAA6, NAME, T10 } from '../linux/pages.js'

const NAA = '6001405a1b2c3d4e5f60718293a4b5c6'
const UUID = '0123456789abcdef0123456789abcdef'

describe('a WWID', () => {
  test.each<[string, readonly string[]]>([
    [`naa.${NAA}`, [`naa.${NAA}`]],
    [` NAA.${NAA.toUpperCase()}\n`, [`naa.${NAA}`]],
    [`3${NAA}`, [`naa.${NAA}`]],
    [`0x${NAA}`, [`naa.${NAA}`]],
    [NAA, [`naa.${NAA}`]],
    [NAA.replaceAll(/(..)(?=.)/g, '$1:').toUpperCase(), [`naa.${NAA}`]],
    [`scsi-3${NAA}`, [`naa.${NAA}`]],
    [`wwn-0x${NAA}`, [`naa.${NAA}`]],
    [`dm-uuid-mpath-3${NAA}`, [`naa.${NAA}`]],
    [`/dev/disk/by-id/wwn-0x${NAA}`, [`naa.${NAA}`]],
    ['naa.5001405a1b2c3d4e', ['naa.5001405a1b2c3d4e']],
    ['0x5001405a1b2c3d4e', ['naa.5001405a1b2c3d4e', 'eui.5001405a1b2c3d4e']],
    ['35001405a1b2c3d4e', ['naa.5001405a1b2c3d4e']],
    ['eui.02004567A425678D', ['eui.02004567a425678d']],
    ['202004567a425678d', ['eui.02004567a425678d']],
    ['0x02004567a425678d', ['eui.02004567a425678d']],
    ['t10.LIO-ORG FILEIO          :A1', ['t10.lio-org_fileio_:a1']],
    ['t10.LIO_____FILE', ['t10.lio_file']],
    ['1LIO-ORG_FILEIO_:a1b2', ['t10.lio-org_fileio_:a1b2']],
    ['8iqn.2003-01.org.example:lu-1', ['name.iqn.2003-01.org.example:lu-1']],
    ['iqn.2003-01.ORG.example:lu-1', ['name.iqn.2003-01.org.example:lu-1']],
    ['uuid.0123456789abcdef0123456789abcdef', [`uuid.${UUID}`]],
    ['01234567-89AB-cdef-0123-456789abcdef', [`uuid.${UUID}`]],
    ['urn:uuid:01234567-89ab-cdef-0123-456789abcdef', [`uuid.${UUID}`]],
    ['{01234567-89ab-cdef-0123-456789abcdef}', [`uuid.${UUID}`]],
  ])('%j is understood', (text, names) => {
    const meaning = meaningOfWwid(text)
    for (const name of names) expect(meaning).toContain(name)
    expect(meaning.filter((name) => name.startsWith('naa.'))).toEqual(names.filter((name) => name.startsWith('naa.')))
  })
  test.each([
    ['', 'nothing'],
    ['beaf11', 'a serial number'],
    ['0x6001405a1b2c3d4e', 'ID_WWN of an NAA 6: the first half of it'],
    ['naa.xyz', 'no digits'],
    ['SLIO-ORG_FILEIO_a1b2', 'vendor, product and serial number of page 0x80'],
    ['0QEMU_HARDDISK', 'a vendor-specific designator'],
    ['0x', 'no digits'],
    ['t10. ', 'no text'],
  ])('%j is refused: %s', (text) => {
    expect(meaningOfWwid(text)).toEqual([])
  })
  test('as we and multipath-tools print it names the disk that shows it, in any case', () => {
    const name = fc.constantFrom(NAA6, NAA5, NAA2, EUI, NAME, T10)
    fc.assert(
      fc.property(name, fc.boolean(), fc.constantFrom('', ' ', '\n'), (shown, upper, space) => {
        const designators = parseDesignators(identificationPage(shown))
        const [text = ''] = designators.map(formatDesignator)
        const [first] = namesOf(designators, undefined)
        expect(meaningOfWwid(`${space}${upper ? text.toUpperCase() : text}${space}`)).toContain(first)
      }),
    )
  })
  test('of any NAA 6 is understood in each of its spellings, and in none as another volume', () => {
    const digits = fc
      .string({ unit: fc.constantFrom(...'0123456789abcdef'.split('')), minLength: 31, maxLength: 31 })
      .map((rest) => `6${rest}`)
    const spell = fc.constantFrom(
      (naa: string) => naa,
      (naa: string) => `3${naa}`,
      (naa: string) => `0x${naa}`,
      (naa: string) => `naa.${naa}`,
      (naa: string) => `NAA.${naa.toUpperCase()}`,
      (naa: string) => naa.replaceAll(/(..)(?=.)/g, '$1:'),
    )
    fc.assert(
      fc.property(digits, digits, spell, (naa, other, spelt) => {
        const shown = namesOf(parseDesignators(identificationPage(designator({ type: 3, value: fromHex(naa) }))), undefined)
        expect(meaningOfWwid(spelt(naa)).some((name) => shown.includes(name))).toBe(true)
        if (other !== naa) expect(meaningOfWwid(spelt(other)).some((name) => shown.includes(name))).toBe(false)
      }),
    )
  })
  test('of any text is understood or refused, never with an exception', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 40 }), (text) => Array.isArray(meaningOfWwid(text))),
      { numRuns: 50 },
    )
  })
  test('in letters with padding is that of the T10 designator', () => {
    const padded = designator({ type: 1, codeSet: 2, value: bytes('VENDOR  MODEL   serial  ') })
    expect(meaningOfWwid('1VENDOR_MODEL_serial')).toEqual(namesOf(parseDesignators(identificationPage(padded)), undefined))
  })
})

describe('a UUID', () => {
  test.each([UUID, `uuid.${UUID}`, '01234567-89AB-CDEF-0123-456789ABCDEF', 'urn:uuid:01234567-89ab-cdef-0123-456789abcdef'])(
    '%s',
    (text) => {
      expect(meaningOfUuid(text)).toEqual([`uuid.${UUID}`])
    },
  )
  test.each(['', '0123', `${UUID}0`, '0123-4567', 'naa.5001405a1b2c3d4e'])('%j is none', (text) => {
    expect(meaningOfUuid(text)).toEqual([])
  })
})
describe('an NGUID', () => {
  test.each([UUID, `eui.${UUID}`, `0x${UUID.toUpperCase()}`, '01234567-89ab-cdef-0123-456789abcdef'])('%s', (text) => {
    expect(meaningOfNguid(text)).toEqual([`eui.${UUID}`])
  })
  test.each(['', '0123', 'eui.02004567a425678d'])('%j is none', (text) => {
    expect(meaningOfNguid(text)).toEqual([])
  })
})
