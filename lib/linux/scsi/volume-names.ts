/** The names that a SCSI device reports for its volume, each in one spelling, so that sets can be compared (SPC-4 7.8.6, SPC-5 7.7.6). */
import { ascii, hex } from '../../core/bytes.js'
import { meaningOfWwid, nameOfString, nameOfText, type VolumeName } from '../../core/volume-name.js'
import type { Designator } from './vpd.js'

/** The first kind that two devices both report decides. A locally assigned NAA (3) and a serial number are unique only within one array. */
const SUREST_FIRST = ['naa.6', 'uuid.', 'eui.', 'naa.5', 'naa.2', 'name.', 'md5.', 't10.', 'naa.3', 'serial.'] as const

/** The names of the logical unit. Includes the serial number (page 0x80), since some devices report nothing else. */
export function namesOf(designators: readonly Designator[], serial: string | undefined): VolumeName[] {
  const names = designators.flatMap((designator) => nameOf(designator) ?? [])
  return [...new Set([...names, ...(serial === undefined ? [] : [`serial.${serial.toLowerCase()}`])])]
}

/**
 * Whether two devices report the same volume. A device may omit a designator that another device reports, or report it in another form. So
 * a kind that only one of them has decides nothing. Two devices without a common name are different volumes. Two without any name count as
 * the same.
 */
export function showSameVolume(here: readonly VolumeName[], there: readonly VolumeName[]): boolean {
  for (const kind of SUREST_FIRST) {
    const [ours, theirs] = [here, there].map((names) => names.filter((name) => name.startsWith(kind)))
    if (ours?.length && theirs?.length) return ours.some((name) => theirs.includes(name))
  }
  return here.length === 0 && there.length === 0
}

/** Whether the device with these names is the one that a WWID names, in any spelling. */
export function showsWwid(names: readonly VolumeName[], wwid: string): boolean {
  return meaningOfWwid(wwid).some((name) => names.includes(name))
}

/** Whether the WWID names another device: this device has names of the WWID's kind, and none of them matches. */
export function showsAnotherWwid(names: readonly VolumeName[], wwid: string): boolean {
  if (showsWwid(names, wwid)) return false
  return meaningOfWwid(wwid).some((name) =>
    ['naa.', 'eui.'].some((kind) => name.startsWith(kind) && names.some((each) => each.startsWith(kind))),
  )
}

const BINARY = 1
/** SPC-5 7.7.6.12: a type, a reserved byte, then the 16 bytes of the UUID. */
const UUID_AT = 2
const UUID_BYTES = 16
const MD5_BYTES = 16

/** `undefined` for vendor-specific text (type 0) and for designators that do not name a logical unit: these need not be unique. */
function nameOf({ type, codeSet, bytes }: Designator): VolumeName | undefined {
  switch (type) {
    case 1:
      return nameOfText(ascii(bytes))
    case 2:
      return `eui.${hex(bytes)}`
    case 3:
      return codeSet === BINARY ? `naa.${hex(bytes)}` : undefined
    case 7:
      return bytes.length === MD5_BYTES ? `md5.${hex(bytes)}` : undefined
    case 8:
      return nameOfString(ascii(bytes))
    case 10:
      return bytes.length === UUID_AT + UUID_BYTES ? `uuid.${hex(bytes.subarray(UUID_AT))}` : undefined
    default:
      return undefined
  }
}
