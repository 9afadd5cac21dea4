/** Hosts of a rack, and attachments of a host, that lost a path together don't come back to it together. */
import { digest } from './digest.js'
import type { Entry } from './entry.js'

/**
 * Between three quarters and five quarters of `ms`. Drawn from attachment, boot and what it is for: hosts differ, and a test with the same boot
 * waits for as long each time. `time`: the count or the time of the try.
 */
export function jittered(
  { claim: { entry } }: { readonly claim: { readonly entry: Pick<Entry, 'boot' | 'owner' | 'id'> } },
  ms: number,
  what: string,
  time: number,
): number {
  const chance = Number.parseInt(digest(entry.boot, entry.owner, entry.id, what, String(time)).slice(0, 8), 16) / 2 ** 32
  return ms * (0.75 + chance / 2)
}
