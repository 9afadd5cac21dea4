import { BrickworkError } from '../core/errors.js'

/** Reads little-endian fields one after another and never past the end. */
export class Reader {
  readonly #bytes: Uint8Array
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }
  get left(): number {
    return this.#bytes.length - this.#at
  }
  u8(): number {
    return this.#number(1)
  }
  u16(): number {
    return this.#number(2)
  }
  u32(): number {
    return this.#number(4)
  }
  bytes(length: number): Uint8Array {
    const start = this.#advance(length)
    return this.#bytes.subarray(start, start + length)
  }
  rest(): Uint8Array {
    return this.bytes(this.left)
  }
  #number(length: number): number {
    const start = this.#advance(length)
    let value = 0
    for (let at = start + length - 1; at >= start; at--) value = value * 256 + (this.#bytes[at] ?? 0)
    return value
  }
  #advance(length: number): number {
    if (length > this.left) {
      throw new BrickworkError('ERR_PARSE', `An answer of native code ends too early: ${length} bytes wanted, ${this.left} left`)
    }
    const start = this.#at
    this.#at += length
    return start
  }
}
