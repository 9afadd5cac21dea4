import type { LunAddressing } from '../api/connection.js'

const LARGEST = 2n ** 64n - 1n
const LEVELS = [0, 1, 2, 3] as const
const LEVEL_BITS = 16n
/** Flat space addressing (SAM-2, method 01b): 14 bits of number below the two bits of the method. */
const FLAT = 1n << 14n

/**
 * Parses a LUN: a number, its decimal digits, or SAM's eight bytes in hexadecimal (`0x012c000000000000`). The eight bytes are converted to
 * the number that Linux uses for them. `undefined` for any other text.
 */
export function parseLun(lun: number | string): bigint | undefined {
  if (typeof lun === 'number') return Number.isSafeInteger(lun) && lun >= 0 ? BigInt(lun) : undefined
  if (isRaw(lun)) return swapLevels(BigInt(lun))
  if (!/^(0|[1-9][0-9]{0,19})$/.test(lun)) return undefined
  const value = BigInt(lun)
  return value <= LARGEST ? value : undefined
}

/**
 * The number that Linux uses for the LUN. The kernel packs SAM's 8 bytes with the first level lowest, so flat space addressing adds 0x4000.
 * The eight bytes contain their addressing method, so `addressing` doesn't apply to them.
 */
export function kernelLun(lun: number | string, addressing: LunAddressing = 'SAM'): bigint {
  const value = parseLun(lun) ?? 0n
  if (typeof lun === 'string' && isRaw(lun)) return value
  switch (addressing) {
    case 'SAM':
    case 'transparent':
      return value
    case 'SAM2':
      return value < 256n ? value : value + FLAT
    case 'SAM3-flat':
      return value + FLAT
  }
}

/** Whether the number fits the addressing method. A larger one would be a LUN of another method, and another volume. */
export function fits(lun: number | string, addressing: LunAddressing = 'SAM'): boolean {
  const isFlat = addressing === 'SAM2' || addressing === 'SAM3-flat'
  return !isFlat || (typeof lun === 'string' && isRaw(lun)) || (parseLun(lun) ?? 0n) < FLAT
}

/** One spelling for each LUN. */
export function canonicalLun(lun: number | string): string {
  return String(lun).toLowerCase()
}

/** A LUN number of the kernel as SAM's eight bytes: `0x412c000000000000`. */
export function rawLun(lun: bigint): string {
  return `0x${swapLevels(lun).toString(16).padStart(16, '0')}`
}

function isRaw(lun: string): boolean {
  return /^0x[0-9A-Fa-f]{16}$/.test(lun)
}
/** Reverses the order of the four levels. */
function swapLevels(value: bigint): bigint {
  return LEVELS.reduce((swapped, level) => (swapped << LEVEL_BITS) | BigInt.asUintN(16, value >> (BigInt(level) * LEVEL_BITS)), 0n)
}
