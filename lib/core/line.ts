/** The longest id, and the longest name of an owner. */
export const MOST_ID_BYTES = 256

export function hasControls(text: string): boolean {
  return /[\u0000-\u001f\u007f]/.test(text)
}

/** A text of 1 to `most` bytes without control characters. */
export function isLine(value: unknown, most: number): value is string {
  return typeof value === 'string' && value.length > 0 && Buffer.byteLength(value) <= most && !hasControls(value)
}
