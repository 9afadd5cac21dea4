/** What a LUN of LIO says of itself: INQUIRY data and VPD pages, byte by byte (drivers/target/target_core_spc.c). */
import { bytesOf } from '../files/nodes.js'
import type { Volume } from '../storage/volume.js'
import type { NexusNames } from './nexus.js'

export interface Pages {
  readonly inquiry: Uint8Array
  readonly vpd00: Uint8Array
  readonly vpd80: Uint8Array | undefined
  readonly vpd83: Uint8Array
  /** The kernel's own identity text. */
  readonly wwid: string | undefined
}
const VENDOR = 'LIO-ORG '
const MODEL = 'FILEIO'

export function pagesOf(volume: Volume, names: NexusNames): Pages {
  return {
    inquiry: inquiry(volume.peripheral),
    vpd00: page(0x00, Uint8Array.of(0x00, 0x80, 0x83, 0x86, 0xb0, 0xb1, 0xb2)),
    // LIO counts the NUL behind the text too.
    vpd80: volume.serial === undefined ? undefined : page(0x80, bytesOf(`${volume.serial}\0`)),
    vpd83: page(0x83, designators(volume, names)),
    wwid: volume.naa === undefined ? undefined : `naa.${volume.naa}`,
  }
}
/** What the wwid of a device without identity reads as. */
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

/** Association (0 LUN, 1 port, 2 target), designator type and code set (1 binary, 2 ASCII, 3 UTF-8) as SPC numbers them. */
function designators(volume: Volume, { protocol, target }: NexusNames): Uint8Array {
  const list: Uint8Array[] = []
  if (volume.naa !== undefined)
    list.push(
      ofLun(
        1,
        3,
        Uint8Array.from(volume.naa.match(/../g) ?? [], (pair) => parseInt(pair, 16)),
      ),
    )
  if (volume.serial !== undefined) list.push(ofLun(2, 1, bytesOf(`${VENDOR}${MODEL}:${volume.serial}\0`)))
  const ofTarget = (codeSet: number, association: 1 | 2, type: number, value: Uint8Array): Uint8Array =>
    designator([(protocol << 4) | codeSet, PROTOCOL_VALID | (association << 4) | type], value)
  list.push(ofTarget(1, 1, 4, Uint8Array.of(0, 0, 0, 1)), ofTarget(1, 1, 5, Uint8Array.of(0, 0, 0, 0)))
  list.push(ofTarget(3, 1, 8, padded(`${target},t,0x0001`)), ofTarget(3, 2, 8, padded(target)))
  return concat(...list)
}
const PROTOCOL_VALID = 0x80

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
