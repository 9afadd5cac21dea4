/** Encodes requests to a helper process and decodes its replies. `native.ts` describes the frames. */
import { BrickworkError } from '../core/errors.js'
import { kernelError } from './errors.js'
import { helperOperations } from './helper-operations.js'
import { Reader } from './reader.js'

export type HelperOperation = keyof typeof helperOperations
export interface HelperRequest {
  readonly operation: HelperOperation
  readonly fields: readonly Uint8Array[]
}
export interface HelperReply {
  readonly id: number
  readonly failed: boolean
  /** The bytes after the status. For a failure: errno, syscall and path. */
  readonly body: Reader
}

/** Far above the longest reply. A longer frame can't come from our helper. */
const MAX_FRAME_BYTES = 64 * 1024 * 1024
const HEADER_BYTES = 5

export function encodeRequest(id: number, { operation, fields }: HelperRequest): Uint8Array {
  const parts = fields.flatMap((field) => [u32(field.length), field])
  const length = HEADER_BYTES + parts.reduce((sum, part) => sum + part.length, 0)
  return Buffer.concat([u32(length), u32(id), Uint8Array.of(helperOperations[operation]), ...parts])
}

/** Splits a stream into frames. */
export class ReplyDecoder {
  #pending: Buffer = Buffer.alloc(0)

  /** @throws `ERR_PARSE` when the bytes can't be a helper's reply. */
  push(chunk: Buffer): HelperReply[] {
    const replies: HelperReply[] = []
    this.#pending = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk])
    while (this.#pending.length >= 4) {
      const length = this.#pending.readUInt32LE(0)
      if (length < HEADER_BYTES || length > MAX_FRAME_BYTES) throw malformed(`a frame of ${length} bytes`)
      if (this.#pending.length < 4 + length) break
      const frame = this.#pending.subarray(4, 4 + length)
      this.#pending = this.#pending.subarray(4 + length)
      replies.push(decodeReply(frame))
    }
    return replies
  }
}

function decodeReply(frame: Buffer): HelperReply {
  const body = new Reader(frame)
  const id = body.u32()
  const status = body.u8()
  if (status > 1) throw malformed(`the status ${status}`)
  return { id, failed: status === 1, body }
}

/** The error that a failed reply describes. */
export function failureIn(body: Reader): BrickworkError {
  const errno = body.part(body.u32()).u32()
  return kernelError({ errno: -errno, syscall: textField(body), path: textField(body) })
}

export function field(body: Reader): Uint8Array {
  return body.part(body.u32()).peekBytes()
}
/** A field that holds one byte. */
export function byteField(body: Reader): number {
  return body.part(body.u32()).u8()
}
export function textField(body: Reader): string {
  return body.text(body.u32())
}

export function text(value: string): Uint8Array {
  return Buffer.from(value, 'utf8')
}
export function u32(value: number): Uint8Array {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}
export function u64(value: number): Uint8Array {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64LE(BigInt(value))
  return bytes
}

function malformed(what: string): BrickworkError {
  return new BrickworkError('ERR_PARSE', `The helper's answer can't be read: ${what}`)
}
