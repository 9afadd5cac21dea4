/** World-wide names of Fibre Channel ports and nodes (FC-FS-3, 15). */

/** Pairs of digits with one separator, or all digits together, after a prefix that arrays and tools write. */
const SPELLING = /^(?:0x|naa\.)?(?:[0-9a-f]{16}|[0-9a-f]{2}(?::[0-9a-f]{2}){7}|[0-9a-f]{2}(?:-[0-9a-f]{2}){7})$/

/**
 * The name as 16 hexadecimal digits in lower case. `undefined` for any other text, and for zeros and ones only: that is what drivers write
 * when they do not know a name.
 */
export function worldWideName(text: string): string | undefined {
  const lower = text.trim().toLowerCase()
  if (!SPELLING.test(lower)) return undefined
  const digits = lower.replace(/^(0x|naa\.)/, '').replaceAll(/[:-]/g, '')
  return /^(0+|f+)$/.test(digits) ? undefined : digits
}
