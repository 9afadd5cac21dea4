/** SCSI commands that a disk must know (SPC-4, SBC-3), as the hostile target answers them. */
import type { Shape } from './shape.js'

export interface Answer {
  readonly data?: Buffer
  /** Sense key, additional sense code and its qualifier, for CHECK CONDITION. */
  readonly sense?: readonly [key: number, code: number, qualifier: number]
}
const GOOD: Answer = {}
const UNKNOWN_COMMAND: Answer = { sense: [0x05, 0x20, 0x00] }
const INVALID_FIELD: Answer = { sense: [0x05, 0x24, 0x00] }
const NO_SUCH_UNIT: Answer = { sense: [0x05, 0x25, 0x00] }
const WRITE_PROTECTED: Answer = { sense: [0x07, 0x27, 0x00] }

const DEFAULT_BLOCKS = '131072'
const MOST_READ_BYTES = 2 ** 22

/** `undefined`: there is no answer, ever. @param cdb the sixteen bytes of the command */
export function answer(shape: Shape | undefined, luns: readonly number[], cdb: Buffer): Answer | undefined {
  const code = cdb.readUInt8(0)
  if (code === 0xa0) return { data: reportLuns(luns) }
  if (code === 0x12) return shape === undefined ? { data: standardInquiry({}, 0x7f) } : inquiry(shape, cdb)
  if (shape === undefined) return NO_SUCH_UNIT
  switch (code) {
    case 0x00: // TEST UNIT READY
    case 0x1b: // START STOP UNIT
    case 0x35: // SYNCHRONIZE CACHE(10)
    case 0x91: // SYNCHRONIZE CACHE(16)
      return GOOD
    case 0x1a: // MODE SENSE(6)
      return { data: Buffer.from([3, 0, 0, 0]) }
    case 0x5a: // MODE SENSE(10)
      return { data: Buffer.from([0, 6, 0, 0, 0, 0, 0, 0]) }
    case 0x25:
      return { data: capacity10(shape) }
    case 0x9e: // SERVICE ACTION IN(16), READ CAPACITY(16)
      return (cdb.readUInt8(1) & 0x1f) === 0x10 ? { data: capacity16(shape) } : INVALID_FIELD
    case 0x08:
      return read(shape, cdb.readUInt8(4) || 256)
    case 0x28:
      return read(shape, cdb.readUInt16BE(7))
    case 0x88:
      return read(shape, cdb.readUInt32BE(10))
    case 0x0a:
    case 0x2a:
    case 0x8a:
      return WRITE_PROTECTED
    default:
      return UNKNOWN_COMMAND
  }
}

function inquiry(shape: Shape, cdb: Buffer): Answer {
  const wantsPage = (cdb.readUInt8(1) & 1) === 1
  if (!wantsPage) return { data: standardInquiry(shape, shape.type ?? 0) }
  const { page80, page83 } = shape
  const known = new Map([
    [0x80, page80],
    [0x83, page83],
  ])
  const code = cdb.readUInt8(2)
  if (code === 0) {
    const codes = [0, ...[...known].flatMap(([each, text]) => (text === undefined ? [] : [each]))]
    return { data: Buffer.from([shape.type ?? 0, 0, 0, codes.length, ...codes]) }
  }
  const text = known.get(code)
  return text === undefined ? INVALID_FIELD : { data: Buffer.from(text, 'hex') }
}
function standardInquiry({ vendor = 'HOSTILE', product = 'TARGET' }: Shape, type: number): Buffer {
  const bytes = Buffer.alloc(36)
  bytes.set([type, 0, 6, 2, 31, 0, 0, 2]) // SPC-4, response format 2, command queuing
  bytes.write(vendor.padEnd(8).slice(0, 8), 8, 'latin1')
  bytes.write(product.padEnd(16).slice(0, 16), 16, 'latin1')
  bytes.write('1.0 ', 32, 'latin1')
  return bytes
}
const lastBlock = ({ blocks = DEFAULT_BLOCKS }: Shape) => BigInt.asUintN(64, BigInt(blocks) - 1n)

function capacity10(shape: Shape): Buffer {
  const bytes = Buffer.alloc(8)
  const last = lastBlock(shape)
  bytes.writeUInt32BE(last > 0xffffffffn ? 0xffffffff : Number(last), 0)
  bytes.writeUInt32BE(shape.blockBytes ?? 512, 4)
  return bytes
}
function capacity16(shape: Shape): Buffer {
  const bytes = Buffer.alloc(32)
  bytes.writeBigUInt64BE(lastBlock(shape), 0)
  bytes.writeUInt32BE(shape.blockBytes ?? 512, 8)
  return bytes
}
function reportLuns(luns: readonly number[]): Buffer {
  const bytes = Buffer.alloc(8 + luns.length * 8)
  bytes.writeUInt32BE(luns.length * 8, 0)
  for (const [index, lun] of luns.entries()) bytes.writeUInt16BE(lun < 256 ? lun : 0x4000 | lun, 8 + index * 8)
  return bytes
}
function read(shape: Shape, blocks: number): Answer | undefined {
  if (shape.muteReads === true) return undefined
  // The kernel takes a block of no bytes for one of 512 (drivers/scsi/sd.c, sd_read_capacity).
  return { data: Buffer.alloc(Math.min(blocks * (shape.blockBytes === 0 ? 512 : (shape.blockBytes ?? 512)), MOST_READ_BYTES)) }
}
