import type { IscsiConnection } from './types.js'

const LARGEST = 2n ** 64n - 1n

/** A LUN from a number or a decimal string; `undefined` when it is not one of 0 … 2^64 − 1. */
export function parseLun(lun: number | string): bigint | undefined {
  if (typeof lun === 'number') return Number.isSafeInteger(lun) && lun >= 0 ? BigInt(lun) : undefined
  if (!/^(0|[1-9][0-9]{0,19})$/.test(lun)) return undefined
  const value = BigInt(lun)
  return value <= LARGEST ? value : undefined
}

/**
 * The number by which Linux knows the LUN: the kernel packs the 8 bytes of SAM's LUN with the first level lowest, so flat space
 * addressing (SAM-2, method 01b) adds 0x4000.
 */
export function kernelLun(lun: number | string, addressing: IscsiConnection['addressing'] = 'SAM'): bigint {
  const value = parseLun(lun) ?? 0n
  switch (addressing) {
    case 'SAM':
    case 'transparent':
      return value
    case 'SAM2':
      return value < 256n ? value : value + 16384n
    case 'SAM3-flat':
      return value + 16384n
  }
}
