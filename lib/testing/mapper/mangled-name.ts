/**
 * Names of device-mapper as the kernel has them. libdevmapper, which all programs but Brickwork use, changes some characters
 * (libdm-common.c).
 */
const KEPT = /^[0-9A-Za-z#+\-.:=@_]$/

/** `my vol` → `my\\x20vol`. A name that is mangled already stays (DM_STRING_MANGLING_AUTO). */
export function mangled(name: string): string {
  if (/\\x[0-9a-f]{2}/.test(name)) return name
  const escaped = (char: string): string =>
    [...new TextEncoder().encode(char)].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('')
  return Array.from(name, (char) => (KEPT.test(char) ? char : escaped(char))).join('')
}
