import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { type Designator, parseDesignators, parseSerial, wwidOf } from '../../../../lib/linux/scsi/vpd.js'
import { meaningOfWwid } from '../../../../lib/core/volume-name.js'
import { namesOf } from '../../../../lib/linux/scsi/volume-names.js'
import { bytes, designator, EUI, fromHex, identificationPage, LIO, NAA2, NAA3, NAA5, NAA6, NAME, page, PORT, serialPage } from '../pages.js'
import { T10, TARGET, VENDOR } from '../pages.js'

const wwid = (...designators: readonly Uint8Array[]) => wwidOf(parseDesignators(identificationPage(...designators)))

describe('the unit serial number', () => {
  test.each([
    ['a1b2c3d4-0001\0', 'a1b2c3d4-0001'],
    ['  60A98000  ', '60A98000'],
    ['a b', 'a b'],
  ])('%j is read without what surrounds it', (text, serial) => {
    expect(parseSerial(serialPage(text))).toBe(serial)
  })
  test.each([
    ['an empty page', serialPage('')],
    ['a page of spaces', serialPage('    ')],
    ['nothing', new Uint8Array()],
    ['another page', LIO],
    ['a page that ends in its header', serialPage('a1b2').subarray(0, 3)],
  ])('is not there in %s', (_, content) => {
    expect(parseSerial(content)).toBeUndefined()
  })
  test('of a page that was cut off is what came', () => {
    expect(parseSerial(serialPage('a1b2c3d4').subarray(0, 8))).toBe('a1b2')
  })
  test('ends where the page says, not where the buffer ends', () => {
    expect(parseSerial(new Uint8Array([...serialPage('a1b2'), ...bytes('rest')]))).toBe('a1b2')
  })
})

describe('designators', () => {
  test('of LIO are those of the logical unit, in the order of the page', () => {
    expect(parseDesignators(LIO).map(({ type, codeSet }) => [type, codeSet])).toEqual([
      [3, 1],
      [1, 2],
    ])
    expect(parseDesignators(LIO)[0]?.bytes).toEqual(fromHex('6001405a1b2c3d4e5f60718293a4b5c6'))
  })
  test('of ports and targets say nothing of the logical unit', () => {
    expect(parseDesignators(identificationPage(PORT, TARGET))).toEqual([])
    expect(wwid(PORT, TARGET, NAA5)).toBe('35001405a1b2c3d4e')
  })
  test('without a value are left out, and those behind them are found', () => {
    expect(wwid(designator({ type: 3, value: new Uint8Array() }), NAA5)).toBe('35001405a1b2c3d4e')
  })
  test('carry a type and a code set of four bits, whatever else is in those bytes', () => {
    const odd = new Uint8Array([0x51, 0x83, 0xff, 1, 0xaa])
    expect(parseDesignators(identificationPage(odd))).toEqual([{ type: 3, codeSet: 1, bytes: Uint8Array.of(0xaa) }])
  })
  test('are none in another page', () => {
    expect(parseDesignators(page(0x80, NAA6))).toEqual([])
  })
  test('behind the end that the page names are not read', () => {
    const short = identificationPage(NAA6, EUI).slice()
    short.set([0, NAA6.length], 2)
    expect(parseDesignators(short)).toHaveLength(1)
  })
  test('are read as far as they came, at whatever length the page is cut off', () => {
    for (let length = 0; length <= LIO.length; length++) {
      const found = parseDesignators(LIO.subarray(0, length))
      expect(found).toEqual(parseDesignators(LIO).slice(0, found.length))
      expect(found.length).toBe([4 + NAA6.length, 4 + NAA6.length + T10.length].filter((end) => length >= end).length)
    }
  })
  test('that never end are not read for ever', () => {
    expect(parseDesignators(page(0x83, new Uint8Array(65_535).fill(1))).length).toBeLessThanOrEqual(64)
  })
})

describe('the WWID', () => {
  const preferred = [NAA6, NAA5, NAA2, EUI, NAME, T10, NAA3]
  const spelt = [
    '36001405a1b2c3d4e5f60718293a4b5c6',
    '35001405a1b2c3d4e',
    '32001405a1b2c3d4e',
    '202004567a425678d',
    '8iqn.2003-01.org.example:lu-1',
    '1LIO-ORG_FILEIO_:a1b2',
    '33001405a1b2c3d4e',
  ]
  test.each(spelt.map((text, index) => [text, index] as const))('%s is taken before all that come later in the order', (text, index) => {
    const rest = preferred.slice(index)
    expect(wwid(...rest)).toBe(text)
    expect(wwid(...rest.reverse())).toBe(text)
  })
  test('is never a vendor-specific text', () => {
    expect(wwid(VENDOR)).toBeUndefined()
    expect(wwid()).toBeUndefined()
  })
  test.each([
    ['naa.6001405A1B2C3D4E5F60718293A4B5C6\0', '36001405a1b2c3d4e5f60718293a4b5c6'],
    ['eui.02004567A425678D\0', '202004567a425678d'],
  ])('of a name string %j is that of the binary designator', (name, text) => {
    expect(wwid(designator({ type: 8, codeSet: 3, value: bytes(name) }))).toBe(text)
  })
  test('is no NAA in letters', () => {
    expect(wwid(designator({ type: 3, codeSet: 2, value: bytes('6001405a') }))).toBeUndefined()
  })
  test('is no T10 identity without a character', () => {
    expect(wwid(designator({ type: 1, codeSet: 2, value: bytes('\0 ') }))).toBeUndefined()
  })
  test.each(['\0', ' ', '\0\0 '])('is no empty name string: %j', (name) => {
    expect(wwid(designator({ type: 8, codeSet: 3, value: bytes(name) }))).toBeUndefined()
  })
  test.each([
    'naa.',
    'naa.600',
    'eui.xy',
    'uuid.12',
    'uuid.0123456789abcdef0123456789ABCDEF',
    'NAA.6001405A1B2C3D4E5F60718293A4B5C6',
    ' iqn.x:1',
  ])('of a name string means what the device shows by it: %j', (name) => {
    const designators = parseDesignators(identificationPage(designator({ type: 8, codeSet: 3, value: bytes(name) })))
    const names = namesOf(designators, undefined)
    expect(names).toHaveLength(1)
    expect(meaningOfWwid(wwidOf(designators) ?? '')).toEqual(expect.arrayContaining(names))
  })
  test('of an EUI may have 16 bytes', () => {
    expect(wwid(designator({ type: 2, value: fromHex('0011223344556677 8899aabbccddeeff'.replace(' ', '')) }))).toBe(
      '200112233445566778899aabbccddeeff',
    )
  })
})

describe('whatever a device answers', () => {
  const anyPage = fc.oneof(
    fc.uint8Array({ maxLength: 300 }),
    fc.uint8Array({ maxLength: 300 }).map((content) => page(0x83, content)),
    fc.uint8Array({ maxLength: 300 }).map((content) => page(0x80, content)),
  )
  test('is read without an exception, and no designator is longer than the page', () => {
    fc.assert(
      fc.property(anyPage, (content) => {
        const designators = parseDesignators(content)
        const total = designators.reduce((sum: number, each: Designator) => sum + each.bytes.length + 4, 0)
        expect(total).toBeLessThanOrEqual(Math.max(0, content.length - 4))
        const identity = wwidOf(designators)
        if (identity !== undefined) {
          expect(identity).toMatch(/^[0-8][ -~]*$/)
          expect(namesOf(designators, undefined).some((name) => meaningOfWwid(identity).includes(name))).toBe(true)
        }
        expect(parseSerial(content)).not.toBe('')
      }),
      { numRuns: 500 },
    )
  })
})
