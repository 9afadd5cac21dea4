/** Decodes the answer of the addon's `readFiles`. native/core/read_files.h describes the encoding. */
import { Reader } from './reader.js'

/** The bytes of each file; `undefined` for one that is not there. */
export function decodeFiles(answer: Uint8Array): (Uint8Array | undefined)[] {
  const reader = Reader.over(answer)
  const files: (Uint8Array | undefined)[] = []
  while (reader.remaining > 0) {
    const isThere = reader.u8() === 1
    const content = reader.part(reader.u32())
    files.push(isThere ? content.peekBytes() : undefined)
  }
  return files
}
/** The same as texts, without the newline at their ends. */
export function decodeTexts(answer: Uint8Array): (string | undefined)[] {
  return decodeFiles(answer).map((bytes) => bytes && textOf(bytes))
}
export function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8').replace(/\n$/, '')
}
