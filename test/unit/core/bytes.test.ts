import fc from 'fast-check'
import { expect, test } from 'vitest'

import { ascii, hex, slice, u16be, u8 } from '../../../lib/core/bytes.js'

const bytes = Uint8Array.of(0x01, 0x02, 0xff, 0x00)

test('numbers are read with the high byte first, and are undefined past the end', () => {
  expect([u8(bytes, 0), u8(bytes, 3), u8(bytes, 4), u8(bytes, -1)]).toEqual([1, 0, undefined, undefined])
  expect([u16be(bytes, 0), u16be(bytes, 2), u16be(bytes, 3), u16be(bytes, 4)]).toEqual([0x0102, 0xff00, undefined, undefined])
})

test('a part is whole or not there', () => {
  expect(slice(bytes, 1, 2)).toEqual(Uint8Array.of(0x02, 0xff))
  expect(slice(bytes, 1, 3)).toHaveLength(3)
  expect(slice(bytes, 4, 0)).toHaveLength(0)
  expect([slice(bytes, 1, 4), slice(bytes, 5, 0)]).toEqual([undefined, undefined])
})

test('bytes print as two hex digits each', () => {
  expect(hex(bytes)).toBe('0102ff00')
  fc.assert(
    fc.property(fc.uint8Array(), (any) => {
      expect(hex(any)).toBe(Buffer.from(any).toString('hex'))
    }),
  )
})

test('text has no NULs or spaces around it, and a space for whatever does not print', () => {
  expect(ascii(new TextEncoder().encode('  LIO-ORG \0\0'))).toBe('LIO-ORG')
  expect(ascii(Uint8Array.of(0x61, 0x00, 0x07, 0x7f, 0xc3, 0x62))).toBe('a    b')
  expect(ascii(Uint8Array.of(0x21, 0x7e))).toBe('!~')
  expect(ascii(new Uint8Array())).toBe('')
})
