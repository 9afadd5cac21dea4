/** Text that comes from elsewhere, such as the name of a target or a device, must neither control the terminal nor disguise itself. */

/** Control characters but the line feed (C0, DEL, C1), and those that change the order of the text or break lines (UAX #9, UAX #14). */
const UNPRINTABLE = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g

/** Replaces such characters. */
export function printable(text: string): string {
  return text.replaceAll(UNPRINTABLE, '?')
}
