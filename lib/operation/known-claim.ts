import type { Entry } from './entry.js'

/** A claim as it was read or written: many are replaced before anybody reads them, so the bytes are made when they are asked for. */
export interface KnownClaim {
  content: Uint8Array | string
  readonly entry: Entry
}
/** Whether the file still has this content. */
export function isContent(known: KnownClaim, bytes: Uint8Array): boolean {
  if (typeof known.content === 'string') known.content = Buffer.from(known.content)
  return Buffer.compare(known.content, bytes) === 0
}
