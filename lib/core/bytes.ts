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
  return bufferOver(bytes).toString('hex')
}
/** ASCII text without the spaces and NULs around it; anything unprintable becomes a space. */
export function ascii(bytes: Uint8Array): string {
  return bufferOver(bytes)
    .toString('latin1')
    .replaceAll(/[^ -~]/g, ' ')
    .trim()
}
/** The same memory. */
function bufferOver(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
