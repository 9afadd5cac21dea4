/** Protocol data units of iSCSI (RFC 7143, 11): a header of 48 bytes, additional headers, and a data segment padded to four bytes. */

export const HEADER_BYTES = 48
export const Opcode = {
  nopOut: 0x00,
  command: 0x01,
  taskManagement: 0x02,
  login: 0x03,
  text: 0x04,
  dataOut: 0x05,
  logout: 0x06,
  nopIn: 0x20,
  response: 0x21,
  taskManagementResponse: 0x22,
  loginResponse: 0x23,
  textResponse: 0x24,
  dataIn: 0x25,
  logoutResponse: 0x26,
  reject: 0x3f,
} as const
/** The value of a tag that names no task. */
export const NO_TAG = 0xffffffff

export interface Pdu {
  readonly opcode: number
  /** An immediate command has no place in the order of commands. */
  readonly immediate: boolean
  readonly header: Buffer
  readonly data: Buffer
}
/** Fields that most headers have at the same offset. */
export const tagOf = ({ header }: Pdu) => header.readUInt32BE(16)
export const commandNumberOf = ({ header }: Pdu) => header.readUInt32BE(24)

/** Splits a stream into units. Digests are never negotiated, so there are none. */
export class PduReader {
  #rest = Buffer.alloc(0)

  push(chunk: Buffer): Pdu[] {
    this.#rest = Buffer.concat([this.#rest, chunk])
    const units: Pdu[] = []
    for (;;) {
      const rest = this.#rest
      if (rest.length < HEADER_BYTES) return units
      const dataFrom = HEADER_BYTES + rest.readUInt8(4) * 4
      const length = rest.readUIntBE(5, 3)
      const end = dataFrom + padded(length)
      if (rest.length < end) return units
      const first = rest.readUInt8(0)
      const data = rest.subarray(dataFrom, dataFrom + length)
      units.push({ opcode: first & 0x3f, immediate: (first & 0x40) !== 0, header: rest.subarray(0, HEADER_BYTES), data })
      this.#rest = rest.subarray(end)
    }
  }
}

/** Makes a header with its opcode, flags and task tag. The caller fills in the rest. */
export function makeHeader(opcode: number, flags: number, tag: number): Buffer {
  const header = Buffer.alloc(HEADER_BYTES)
  header.writeUInt8(opcode, 0)
  header.writeUInt8(flags, 1)
  header.writeUInt32BE(tag, 16)
  return header
}
export function formatPdu(header: Buffer, data: Buffer = Buffer.alloc(0)): Buffer {
  header.writeUIntBE(data.length, 5, 3)
  return Buffer.concat([header, data, Buffer.alloc(padded(data.length) - data.length)])
}
const padded = (length: number) => Math.ceil(length / 4) * 4

/** `key=value` pairs, each ended by a zero byte (RFC 7143, 6.1). */
export function parseKeys(data: Buffer): Map<string, string> {
  const pairs = data.toString('utf8').split('\0')
  return new Map(
    pairs.flatMap((pair) => {
      const at = pair.indexOf('=')
      return at < 0 ? [] : [[pair.slice(0, at), pair.slice(at + 1)] as const]
    }),
  )
}
export function formatKeys(keys: readonly (readonly [string, string])[]): Buffer {
  return Buffer.from(keys.map(([key, value]) => `${key}=${value}\0`).join(''), 'utf8')
}
