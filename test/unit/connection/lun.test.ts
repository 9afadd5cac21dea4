import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { fits, kernelLun, parseLun, rawLun } from '../../../lib/connection/lun.js'

describe('a LUN', () => {
  test.each<[number | string, bigint]>([
    [0, 0n],
    ['0', 0n],
    [16383, 16383n],
    [Number.MAX_SAFE_INTEGER, 9007199254740991n],
    ['9007199254740993', 9007199254740993n],
    ['18446744073709551615', 18446744073709551615n],
    ['0x0000000000000000', 0n],
    ['0x0001000000000000', 1n],
    ['0x012c000000000000', 300n],
    ['0x412C000000000000', 16684n],
    ['0x0001000200030004', 0x0004_0003_0002_0001n],
    ['0xffffffffffffffff', 18446744073709551615n],
  ])('%j is %d', (lun, value) => {
    expect(parseLun(lun)).toBe(value)
  })

  test.each([
    -1,
    1.5,
    NaN,
    Infinity,
    2 ** 53,
    2 ** 64,
    '',
    '01',
    '00',
    '-1',
    '+1',
    '1.0',
    '1e3',
    '0x10',
    '0x012c00000000000',
    '0x012c0000000000000',
    '0X012c000000000000',
    '0x012g000000000000',
    ' 1',
    '1\n',
    '18446744073709551616',
  ])('%j is none', (lun) => {
    expect(parseLun(lun)).toBeUndefined()
  })

  test('is the same from a number and from its digits', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), (lun) => {
        expect(parseLun(lun)).toBe(BigInt(lun))
        expect(parseLun(String(lun))).toBe(BigInt(lun))
      }),
    )
  })

  test('of 64 bits loses none of them', () => {
    fc.assert(fc.property(fc.bigInt(0n, 2n ** 64n - 1n), (lun) => parseLun(String(lun)) === lun))
  })
})

/** Flat space addressing sets the method bits 01 above 14 bits of number: 16384 more. */
describe('the number by which Linux knows a LUN', () => {
  test.each<[number, bigint, bigint, bigint, bigint]>([
    [0, 0n, 0n, 0n, 16384n],
    [1, 1n, 1n, 1n, 16385n],
    [255, 255n, 255n, 255n, 16639n],
    [256, 256n, 256n, 16640n, 16640n],
    [300, 300n, 300n, 16684n, 16684n],
    [16383, 16383n, 16383n, 32767n, 32767n],
  ])('LUN %d is %d under SAM, %d transparent, %d under SAM2, %d flat', (lun, sam, transparent, sam2, flat) => {
    expect(kernelLun(lun)).toBe(sam)
    expect(kernelLun(lun, 'SAM')).toBe(sam)
    expect(kernelLun(String(lun), 'transparent')).toBe(transparent)
    expect(kernelLun(lun, 'SAM2')).toBe(sam2)
    expect(kernelLun(lun, 'SAM3-flat')).toBe(flat)
  })

  test.each([
    [0n, '0x0000000000000000'],
    [300n, '0x012c000000000000'],
    [16684n, '0x412c000000000000'],
    [2n ** 64n - 1n, '0xffffffffffffffff'],
  ])('%d is %s in the eight bytes of SAM', (lun, raw) => {
    expect(rawLun(lun)).toBe(raw)
    for (const addressing of ['SAM', 'transparent', 'SAM2', 'SAM3-flat'] as const) {
      expect(kernelLun(raw, addressing)).toBe(lun)
      expect(fits(raw, addressing)).toBe(true)
    }
  })

  test('and its eight bytes say the same', () => {
    fc.assert(fc.property(fc.bigInt(0n, 2n ** 64n - 1n), (lun) => parseLun(rawLun(lun)) === lun))
  })

  test('is refused where the addressing has no room for it', () => {
    for (const addressing of ['SAM2', 'SAM3-flat'] as const) {
      expect(fits(16383, addressing)).toBe(true)
      expect(fits(16384, addressing)).toBe(false)
    }
    expect(fits('18446744073709551615', 'SAM')).toBe(true)
    expect(fits(16384, 'transparent')).toBe(true)
  })

  test('of 64 bits is itself', () => {
    expect(kernelLun('18446744073709551615')).toBe(2n ** 64n - 1n)
  })
})
