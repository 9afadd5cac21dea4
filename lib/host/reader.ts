import { BrickworkError } from '../core/errors.js'

const NEWLINE = 0x0a

/** Reads little-endian fields one after another, never past the end. Parts share the memory; nothing is copied. */
export class Reader {
  readonly #bytes: Buffer
  readonly #end: number
  #at: number

  constructor(bytes: Buffer, start = 0, end = bytes.length) {
    this.#bytes = bytes
    this.#at = start
    this.#end = end
  }
  static over(bytes: Uint8Array): Reader {
    return new Reader(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength))
  }
  /** Bytes not yet read. */
  get remaining(): number {
    return this.#end - this.#at
  }
  /** Position of the next byte; for {@link from}. */
  get position(): number {
    return this.#at
  }
  /** Another reader of the same memory, from a position of this reader up to its end. */
  from(position: number): Reader {
    return new Reader(this.#bytes, position, this.#end)
  }
  skip(length: number): void {
    this.#advance(length)
  }
  u8(): number {
    const at = this.#advance(1)
    return this.#byte(at)
  }
  u16(): number {
    const at = this.#advance(2)
    return this.#byte(at) + this.#byte(at + 1) * 0x100
  }
  u32(): number {
    const at = this.#advance(4)
    return this.#byte(at) + this.#byte(at + 1) * 0x100 + this.#byte(at + 2) * 0x10000 + this.#byte(at + 3) * 0x1000000
  }
  part(length: number): Reader {
    const start = this.#advance(length)
    return new Reader(this.#bytes, start, start + length)
  }
  text(length: number): string {
    const start = this.#advance(length)
    return this.#bytes.toString('utf8', start, start + length)
  }

  /** The remaining bytes, without reading them. */
  peekBytes(): Uint8Array {
    return this.#bytes.subarray(this.#at, this.#end)
  }
  peekText(): string {
    return this.#bytes.toString('utf8', this.#at, this.#end)
  }
  /** The remaining text, without a newline at its end. */
  peekLine(): string {
    const end = this.remaining > 0 && this.#bytes[this.#end - 1] === NEWLINE ? this.#end - 1 : this.#end
    return this.#bytes.toString('utf8', this.#at, end)
  }
  /** Another reader of the remaining bytes. */
  fork(): Reader {
    return new Reader(this.#bytes, this.#at, this.#end)
  }

  #byte(at: number): number {
    return this.#bytes[at] ?? 0
  }
  #advance(length: number): number {
    if (length > this.remaining) {
      throw new BrickworkError('ERR_PARSE', `An answer of native code ends too early: ${length} bytes wanted, ${this.remaining} left`)
    }
    const start = this.#at
    this.#at += length
    return start
  }
}
