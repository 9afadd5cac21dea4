/** VPD pages as devices return them (SPC-4 7.8), built by hand so that no tested code builds them. */
import { Buffer } from 'node:buffer'

export const bytes = (text: string) => new Uint8Array(Buffer.from(text, 'latin1'))
export const fromHex = (digits: string) => new Uint8Array(Buffer.from(digits, 'hex'))

export function page(code: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const content = Buffer.concat(parts)
  return new Uint8Array(Buffer.concat([Buffer.from([0, code, content.length >> 8, content.length & 0xff]), content]))
}
export const serialPage = (text: string) => page(0x80, bytes(text))
export const identificationPage = (...designators: readonly Uint8Array[]) => page(0x83, ...designators)

export interface Parts {
  readonly type: number
  readonly value: Uint8Array
  readonly codeSet?: number
  /** 0 logical unit, 1 target port, 2 target device. */
  readonly association?: number
}
export function designator({ type, value, codeSet = 1, association = 0 }: Parts): Uint8Array {
  return new Uint8Array(Buffer.concat([Buffer.from([codeSet, (association << 4) | type, 0, value.length]), value]))
}

export const NAA6 = designator({ type: 3, value: fromHex('6001405a1b2c3d4e5f60718293a4b5c6') })
export const NAA5 = designator({ type: 3, value: fromHex('5001405a1b2c3d4e') })
export const NAA2 = designator({ type: 3, value: fromHex('2001405a1b2c3d4e') })
export const NAA3 = designator({ type: 3, value: fromHex('3001405a1b2c3d4e') })
export const EUI = designator({ type: 2, value: fromHex('02004567a425678d') })
export const NAME = designator({ type: 8, codeSet: 3, value: bytes('iqn.2003-01.org.example:lu-1\0\0\0\0') })
export const T10 = designator({ type: 1, codeSet: 2, value: bytes('LIO-ORG FILEIO          :a1b2\0') })
export const VENDOR = designator({ type: 0, codeSet: 2, value: bytes('own text') })
export const PORT = designator({ type: 3, association: 1, value: fromHex('6fffffffffffffffffffffffffffffff') })
export const TARGET = designator({ type: 8, codeSet: 3, association: 2, value: bytes('iqn.2003-01.org.example:t\0\0\0') })

/** Page 0x83 of LIO's LUN 1, in its order: NAA, T10 vendor, relative port, port group, port name, target name. */
export const LIO = identificationPage(
  NAA6,
  T10,
  designator({ type: 4, association: 1, value: fromHex('00000001') }),
  designator({ type: 5, association: 1, value: fromHex('00000000') }),
  designator({ type: 8, codeSet: 3, association: 1, value: bytes('iqn.2003-01.org.example:t,t,0x0001\0\0') }),
  TARGET,
)
