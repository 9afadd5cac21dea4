/** Normalizes the identifiers by which callers, arrays, devices and tools name a volume. This is the only parser of such spellings. */

/** `naa.6001405…`, `eui.…`, `uuid.…`, `md5.…`, `name.iqn.…`, `t10.…`, `serial.…`; always in lower case. */
export type VolumeName = string

/** The possible names of one text. A disk that shows one of them is the volume. */
export type Meaning = readonly VolumeName[]

/**
 * The names that a WWID may stand for; none if it names no single volume:
 *
 * | spelling | source |
 * | --- | --- |
 * | `naa.6…`, `eui.…`, `t10.…`, `uuid.…`, `iqn.…` | the kernel (`wwid` in sysfs), arrays, ESXi |
 * | `36…`, `2…`, `1VENDOR_…`, `8iqn.…` | scsi_id, multipath-tools, udev's `ID_SERIAL` |
 * | `0x6…`, `0x5…` | udev's `ID_WWN_WITH_EXTENSION`, and `ID_WWN` where it is complete |
 * | `6…`, `60:01:40:…` | arrays and their consoles |
 * | `01234567-89ab-…`, `urn:uuid:…`, `{…}` | UUIDs |
 * | `scsi-36…`, `wwn-0x6…`, `dm-uuid-mpath-36…` | names below `/dev/disk/by-id` |
 */
export function meaningOfWwid(text: string): Meaning {
  const bare = withoutFolder(text.trim().toLowerCase())
  return [...new Set([...byPrefix(bare), ...byType(bare.slice(0, 1), bare.slice(1)), ...byDigits(bare)])]
}

/**
 * Whether a device can show this name. Designators have fixed lengths: NAA 6 has 16 bytes, the other NAA formats have 8, and an EUI-64-based
 * designator has 8, 12 or 16 (SPC-4 7.8.6.5, 7.8.6.6). A SCSI name string begins with its kind (7.8.6.11), and text is ASCII (7.8.6.3).
 */
export function canBeShown(name: VolumeName): boolean {
  const [, kind = '', value = ''] = /^([a-z0-9]+)\.(.*)$/s.exec(name) ?? []
  switch (kind) {
    case 'naa':
      return /^([0-57-9a-f][0-9a-f]{15}|[0-9a-f]{32})$/.test(value)
    case 'eui':
      return [16, 24, 32].includes(value.length) && isHex(value)
    case 'name':
      return /^(iqn|eui|naa)\.[\x21-\x7e]+$/.test(value)
    case 't10':
      return /^[\x20-\x7e]+$/.test(value)
    default:
      return true
  }
}
/** A UUID in any spelling (RFC 9562), or the kernel's `uuid.…`. */
export function meaningOfUuid(text: string): Meaning {
  const digits = uuidDigits(text.trim().toLowerCase())
  return digits === undefined ? [] : [`uuid.${digits}`]
}
/** The 16 bytes of an NGUID, which a SCSI disk shows as an EUI-64-based designator (SNTL, 5.1). */
export function meaningOfNguid(text: string): Meaning {
  const digits = text
    .trim()
    .toLowerCase()
    .replace(/^(eui\.|0x)/, '')
    .replaceAll(/[:-]/g, '')
  return /^[0-9a-f]{32}$/.test(digits) ? [`eui.${digits}`] : []
}

function withoutFolder(text: string): string {
  return text.replace(/^\/dev\/disk\/by-id\//, '').replace(/^(scsi-|wwn-|dm-uuid-mpath-|mpath-)/, '')
}
function byPrefix(text: string): Meaning {
  const [, kind = '', value = ''] = /^(naa|eui|t10|iqn)\.(.+)$/.exec(text) ?? []
  if (kind === 't10') return textName(value)
  if (kind === 'iqn') return [`name.${text}`]
  if (kind !== '') return isHex(value) ? [text] : []
  return /^(urn:|uuid|\{)|-/.test(text) ? meaningOfUuid(text) : []
}
/** scsi_id and multipath-tools put the type of the designator first (SPC-4 table 596). */
function byType(type: string, value: string): Meaning {
  switch (type) {
    case '1':
      return textName(value)
    case '2':
      return isHex(value) && value.length % 2 === 0 ? [`eui.${value}`] : []
    case '3':
      return isHex(value) && value.length % 2 === 0 ? [`naa.${value}`] : []
    case '8':
      return value === '' ? [] : [`name.${value}`, ...stringName(value), ...byPrefix(value)]
    default:
      return []
  }
}
/**
 * Digits without a type: the names with this length and first digit. NAA 6 has 16 bytes, the other NAA formats have eight (SPC-4 7.8.6.6).
 * For an NAA 6 udev's `ID_WWN` is only the first half, which is no name.
 */
function byDigits(text: string): Meaning {
  const digits = text.replace(/^0x/, '').replaceAll(/(?<=[0-9a-f]{2})[:-](?=[0-9a-f]{2})/g, '')
  if (!isHex(digits) || ![16, 24, 32].includes(digits.length)) return []
  const [isNaa6, isLong] = [digits.startsWith('6'), digits.length === 32]
  return [
    ...((isNaa6 && isLong) || (/^[235]/.test(digits) && digits.length === 16) ? [`naa.${digits}`] : []),
    ...(isNaa6 && digits.length === 16 ? [] : [`eui.${digits}`]),
    ...(isLong ? [`uuid.${digits}`] : []),
  ]
}
function isHex(text: string): boolean {
  return /^[0-9a-f]+$/.test(text)
}
function uuidDigits(text: string): string | undefined {
  const bare = text.replace(/^(urn:)?uuid[:.]/, '').replace(/^\{(.*)\}$/, '$1')
  if (/^[0-9a-f]{32}$/.test(bare)) return bare
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(bare) ? bare.replaceAll('-', '') : undefined
}
/**
 * The name for the text of a T10 designator. Padding may be spaces or underscores. udev also writes an underscore for other characters that
 * a link must not have.
 */
export function nameOfText(text: string): VolumeName | undefined {
  const bare = text
    .trim()
    .toLowerCase()
    .replaceAll(/[\s_]+/g, '_')
  return bare === '' ? undefined : `t10.${bare}`
}
/** A SCSI name string: the text form of a binary designator, or an iSCSI name (SPC-4 7.8.6.11). */
export function nameOfString(text: string): VolumeName | undefined {
  const bare = text.trim().toLowerCase()
  if (/^(naa|eui)\.[0-9a-f]+$/.test(bare)) return bare
  if (/^uuid\.[0-9a-f-]+$/.test(bare)) return bare.replaceAll('-', '')
  return bare === '' ? undefined : `name.${bare}`
}
function textName(text: string): Meaning {
  const name = nameOfText(text)
  return name === undefined ? [] : [name]
}
function stringName(text: string): Meaning {
  const name = nameOfString(text)
  return name === undefined ? [] : [name]
}
