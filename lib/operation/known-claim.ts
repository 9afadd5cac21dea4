import type { Entry } from './entry.js'
import { formatEntry } from './entry-text.js'

/**
 * A claim as it was read or written. Many claims are replaced before anybody reads them, so the bytes of a text are made when they are asked
 * for.
 */
export interface KnownClaim {
  /** `undefined`: made from the entry when it is asked for. */
  content: Uint8Array | string | undefined
  readonly entry: Entry
}
/** @param content of the claim's file. While a volume is attached, which may be for months, it is not kept. */
export function knownClaim(entry: Entry, content: Uint8Array | string): KnownClaim {
  return { content: entry.state === 'attached' ? undefined : content, entry }
}
/** Whether the file still has this content. */
export function isContent(known: KnownClaim, bytes: Uint8Array): boolean {
  if (typeof known.content === 'string') known.content = Buffer.from(known.content)
  return Buffer.compare(known.content ?? Buffer.from(formatEntry(known.entry)), bytes) === 0
}
