/** The data by which a LUN of LIO identifies itself: INQUIRY data and VPD pages, byte by byte (drivers/target/target_core_spc.c). */
import { bytesOf } from '../files/nodes.js'
import type { Volume } from '../storage/volume.js'
import type { NexusNames } from './nexus.js'

export interface Pages {
  readonly inquiry: Uint8Array
  readonly vpd00: Uint8Array
  readonly vpd80: Uint8Array | undefined
  readonly vpd83: Uint8Array | undefined
  /** The kernel's own identity text. */
  readonly wwid: string | undefined
  /** The properties that udev's rules derive: ID_SERIAL and the digits of ID_WWN_WITH_EXTENSION. */
  readonly udev: { readonly serial: string | undefined; readonly wwn: string | undefined }
}
const VENDOR = 'LIO-ORG '
const MODEL = 'FILEIO'

export function pagesOf(volume: Volume, names: NexusNames): Pages {
  const { serial, identity } = volume
  const shown = designatorsOf(volume)
  return {
    inquiry: inquiry(volume.peripheral),
    vpd00: page(0x00, Uint8Array.of(0x00, 0x80, ...(identity === 'serial' ? [] : [0x83]), 0x86, 0xb0, 0xb1, 0xb2)),
    // LIO also counts the NUL at the end of the text.
    vpd80: serial === undefined ? undefined : page(0x80, bytesOf(`${serial}\0`)),
    vpd83: identity === 'serial' ? undefined : page(0x83, concat(...shown.map(({ bytes }) => bytes), ofPorts(names))),
    wwid: shown[0]?.kernel,
    udev: {
      serial: shown.find(({ scsiId }) => scsiId !== undefined)?.scsiId ?? (serial === undefined ? undefined : fromSerial(serial, identity)),
      wwn: shown.find(({ wwn }) => wwn !== undefined)?.wwn,
    },
  }
}
/** The serial number that scsi_id makes without page 0x83: vendor, product and serial number. */
function fromSerial(serial: string, identity: Volume['identity']): string | undefined {
  return identity === 'serial' ? `S${VENDOR.trim()}_${MODEL}_${serial}` : undefined
}
/** The result of reading the wwid of a device without identity. */
export const noWwid = { errno: 'ENXIO' } as const

function inquiry(peripheral: number): Uint8Array {
  const data = new Uint8Array(96)
  data.set([peripheral, 0x00, 0x06, 0x12, 96 - 5, 0x10, 0x00, 0x02])
  data.set(bytesOf(VENDOR), 8)
  data.set(bytesOf(MODEL.padEnd(16)), 16)
  data.set(bytesOf('4.0 '), 32)
  return data
}
function page(code: number, content: Uint8Array): Uint8Array {
  return concat(Uint8Array.of(0x00, code, content.length >> 8, content.length & 0xff), content)
}

/** A designator of the LUN, and what the kernel and udev derive from it. */
interface Shown {
  readonly bytes: Uint8Array
  /** The kernel's `wwid`, of the first designator. */
  readonly kernel: string
  /** udev's ID_SERIAL, if scsi_id uses this designator for it. */
  readonly scsiId?: string
  /** udev's ID_WWN_WITH_EXTENSION, without `0x`. */
  readonly wwn?: string
}
/** Designator type and code set (1 binary, 2 ASCII, 3 UTF-8) as SPC numbers them. */
function designatorsOf({ naa = '', serial, identity }: Volume): Shown[] {
  if (serial === undefined || identity === 'serial') return []
  const naa6: Shown = { bytes: ofLun(1, 3, fromHex(naa)), kernel: `naa.${naa}`, scsiId: `3${naa}`, wwn: naa }
  const eui64 = naa.slice(-16)
  const eui: Shown = { bytes: ofLun(1, 2, fromHex(eui64)), kernel: `eui.${eui64}`, scsiId: `2${eui64}`, wwn: eui64 }
  const uuid: Shown = { bytes: ofLun(1, 10, Uint8Array.of(0x10, 0, ...fromHex(naa))), kernel: `uuid.${naa}` }
  const text = `${VENDOR}${identity === 't10 with a slash' ? 'FILE/IO' : MODEL}:${serial}`
  // udev replaces each character other than these with an underscore (systemd, device-util, replace_chars).
  const scsiId = `1${text.replaceAll(/\s+/g, '_').replaceAll(/[^A-Za-z0-9#+.:=@_-]/g, '_')}`
  const t10: Shown = { bytes: ofLun(2, 1, bytesOf(`${text}\0`)), kernel: `t10.${text}`, scsiId }
  switch (identity) {
    case 'eui':
      return [eui]
    case 'uuid':
      return [uuid]
    case 't10':
    case 't10 with a slash':
      return [t10]
    case 'several':
      return [naa6, eui, uuid, t10]
    case 'naa':
      return [naa6, t10]
  }
}
/** Association 1 is the port, 2 the target: these designators do not identify the LUN. */
function ofPorts({ protocol, target }: NexusNames): Uint8Array {
  const ofTarget = (codeSet: number, association: 1 | 2, type: number, value: Uint8Array): Uint8Array =>
    designator([(protocol << 4) | codeSet, PROTOCOL_VALID | (association << 4) | type], value)
  return concat(
    ofTarget(1, 1, 4, Uint8Array.of(0, 0, 0, 1)),
    ofTarget(1, 1, 5, Uint8Array.of(0, 0, 0, 0)),
    ofTarget(3, 1, 8, padded(`${target},t,0x0001`)),
    ofTarget(3, 2, 8, padded(target)),
  )
}
const PROTOCOL_VALID = 0x80

function fromHex(digits: string): Uint8Array {
  return Uint8Array.from(digits.match(/../g) ?? [], (pair) => parseInt(pair, 16))
}
function ofLun(codeSet: number, type: number, value: Uint8Array): Uint8Array {
  return designator([codeSet, type], value)
}
function designator(head: readonly [number, number], value: Uint8Array): Uint8Array {
  return concat(Uint8Array.of(...head, 0, value.length), value)
}
/** NUL-terminated, filled up to a multiple of four. */
function padded(text: string): Uint8Array {
  return bytesOf(text.padEnd(Math.ceil((text.length + 1) / 4) * 4, '\0'))
}
function concat(...parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  parts.reduce((at, part) => {
    whole.set(part, at)
    return at + part.length
  }, 0)
  return whole
}
