import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { kernelLun, parseLun } from '../../../lib/connection/lun.js'

describe('a LUN', () => {
  test.each<[number | string, bigint]>([
    [0, 0n],
    ['0', 0n],
    [16383, 16383n],
    [Number.MAX_SAFE_INTEGER, 9007199254740991n],
    ['9007199254740993', 9007199254740993n],
    ['18446744073709551615', 18446744073709551615n],
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

  test('of 64 bits is itself', () => {
    expect(kernelLun('18446744073709551615')).toBe(2n ** 64n - 1n)
  })
})
