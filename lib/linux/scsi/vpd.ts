/** Parses vital product data pages 0x80 and 0x83 (SPC-4 7.8), from sysfs or from devices. */
import { ascii, hex, slice, u8, u16be } from '../../core/bytes.js'
import { nameOfString, nameOfText } from '../../core/volume-name.js'

export const UNIT_SERIAL_NUMBER = 0x80
export const DEVICE_IDENTIFICATION = 0x83

/** A designator of page 0x83 that names the logical unit, not its port or target. */
export interface Designator {
  /** SPC-4 table 596: 0 vendor specific, 1 T10 vendor ID, 2 EUI-64, 3 NAA, 8 SCSI name string. */
  readonly type: number
  /** 1 binary, 2 ASCII, 3 UTF-8. */
  readonly codeSet: number
  readonly bytes: Uint8Array
}

const PAGE_HEADER = 4
const DESIGNATOR_HEADER = 4
const MOST_DESIGNATORS = 64

/** The body of a page; `undefined` when the bytes are another page. */
function body(page: Uint8Array, code: number): Uint8Array | undefined {
  if (u8(page, 1) !== code) return undefined
  const length = u16be(page, 2)
  return length === undefined ? undefined : page.subarray(PAGE_HEADER, PAGE_HEADER + length)
}

/** The unit serial number; `undefined` when the page is missing or empty. */
export function parseSerial(page: Uint8Array): string | undefined {
  const text = ascii(body(page, UNIT_SERIAL_NUMBER) ?? new Uint8Array())
  return text === '' ? undefined : text
}

export function parseDesignators(page: Uint8Array): Designator[] {
  const bytes = body(page, DEVICE_IDENTIFICATION) ?? new Uint8Array()
  const found: Designator[] = []
  for (let at = 0; found.length < MOST_DESIGNATORS; ) {
    const codeSet = u8(bytes, at)
    const kind = u8(bytes, at + 1)
    const length = u8(bytes, at + 3)
    if (codeSet === undefined || kind === undefined || length === undefined) break
    const value = slice(bytes, at + DESIGNATOR_HEADER, length)
    if (value === undefined) break
    const ofLogicalUnit = (kind & 0x30) === 0
    if (ofLogicalUnit && length > 0) found.push({ type: kind & 0x0f, codeSet: codeSet & 0x0f, bytes: value })
    at += DESIGNATOR_HEADER + length
  }
  return found
}

/**
 * The WWID as multipath-tools and udev's scsi_id spell it: a type digit and the value. Prefers designators in their order (NAA registered
 * extended first), so that the WWID is the same as in `multipath -ll` and `/dev/disk/by-id/scsi-…`.
 */
export function wwidOf(designators: readonly Designator[]): string | undefined {
  const string = designators.find(({ type, bytes }) => type === 8 && nameOfString(ascii(bytes)) !== undefined)
  const naa = (digit: string) => designators.find(({ type, codeSet, bytes }) => type === 3 && codeSet === 1 && hex(bytes).startsWith(digit))
  const best = naa('6') ?? naa('5') ?? naa('2') ?? designators.find(({ type }) => type === 2) ?? string
  const text = designators.find(({ type, bytes }) => type === 1 && nameOfText(ascii(bytes)) !== undefined)
  const chosen = best ?? text ?? naa('3')
  return chosen === undefined ? undefined : formatDesignator(chosen)
}

export function formatDesignator({ type, bytes }: Designator): string {
  switch (type) {
    case 2:
    case 3:
      return `${type}${hex(bytes)}`
    case 8:
      return formatName(ascii(bytes))
    default:
      return `${type}${ascii(bytes).replaceAll(/\s+/g, '_')}`
  }
}
/** A SCSI name string may contain the value of a binary designator, as text. */
function formatName(name: string): string {
  const [, kind, digits] = /^(naa|eui)\.((?:[0-9a-f]{2})+)$/i.exec(name) ?? []
  return digits === undefined ? `8${name}` : `${kind?.toLowerCase() === 'naa' ? 3 : 2}${digits.toLowerCase()}`
}
