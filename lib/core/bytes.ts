/** Big-endian readers that answer `undefined` past the end: what devices say is never trusted to be long enough. */
export function u8(bytes: Uint8Array, at: number): number | undefined {
  return bytes[at]
}
export function u16be(bytes: Uint8Array, at: number): number | undefined {
  const high = bytes[at]
  const low = bytes[at + 1]
  return high === undefined || low === undefined ? undefined : high * 256 + low
}
/** Exactly `length` bytes, or `undefined`. */
export function slice(bytes: Uint8Array, at: number, length: number): Uint8Array | undefined {
  return at + length <= bytes.length ? bytes.subarray(at, at + length) : undefined
}
export function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
/** ASCII text without the spaces and NULs around it; anything unprintable becomes a space. */
export function ascii(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : ' '))
    .join('')
    .trim()
}
