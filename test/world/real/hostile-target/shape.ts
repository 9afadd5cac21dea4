/** The answers of a logical unit of the hostile target, true or not. */

export interface Shape {
  /** SPC-4 table 142: 0 disk, 12 RAID controller, 13 enclosure. Default 0. */
  readonly type?: number
  /** Eight bytes of standard INQUIRY data, in latin1. */
  readonly vendor?: string
  /** Sixteen bytes, in latin1. */
  readonly product?: string
  /** As returned by READ CAPACITY(16), in decimal. Default 131072 (64 MiB). */
  readonly blocks?: string
  /** Default 512. */
  readonly blockBytes?: number
  /** Page 0x80 with its header, in hexadecimal. `undefined`: none. */
  readonly page80?: string
  /** Page 0x83 with its header, in hexadecimal. `undefined`: none. */
  readonly page83?: string
  /** Reads are never answered. */
  readonly muteReads?: boolean
}
export interface TargetShape {
  /** `10.99.9.1:3260` */
  readonly portal: string
  readonly iqn: string
  /** By LUN. */
  readonly units: Readonly<Record<number, Shape>>
  /** Redirects every login to this portal: `10.99.8.1:3260`. */
  readonly redirectTo?: string
}

/** A page of vital product data. `length` is the length in its header, whatever `body` has. */
export function page(code: number, body: Buffer, length: number = body.length): string {
  const header = Buffer.from([0, code, 0, 0])
  header.writeUInt16BE(length, 2)
  return Buffer.concat([header, body]).toString('hex')
}
/** One designator of the logical unit (SPC-4 7.8.6). `length` is the length in its header. */
export function designator(type: number, codeSet: number, bytes: Buffer, length: number = bytes.length): Buffer {
  return Buffer.concat([Buffer.from([codeSet, type, 0, length & 0xff]), bytes])
}
/** A locally assigned NAA designator of sixteen bytes. */
export const naa = (last: number): Buffer => designator(3, 1, Buffer.concat([Buffer.from([0x60]), Buffer.alloc(14), Buffer.from([last])]))
