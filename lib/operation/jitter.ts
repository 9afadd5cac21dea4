/** Spreads retries: hosts of a rack, or attachments of a host, that lose a path together must not return to it together. */
import { digest } from './digest.js'
import type { Entry } from './entry.js'

/**
 * Between 75 % and 125 % of `ms`, computed from the attachment, the boot and the purpose. So hosts differ, and a test with the same boot
 * waits equally long each time. `time`: the number or the time of the attempt.
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
