/** Big-endian readers that return `undefined` past the end: a device may answer with fewer bytes than it announces. */
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
/** ASCII text without spaces and NULs at both ends. Unprintable characters become spaces. */
export function ascii(bytes: Uint8Array): string {
  return bufferOver(bytes)
    .toString('latin1')
    .replaceAll(/[^ -~]/g, ' ')
    .trim()
}
/** A view of the same memory. */
function bufferOver(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
