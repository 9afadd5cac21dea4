/** Waits, and who causes them, in words for people. */
import type { WaitHolder } from './error-data.js'

/** Holders that a sentence names. */
const NAMED = 3

/** `the lock "…", held by process 4711 (node), detach of attachment "vol-1" (owner "default"), for 12 s` */
export function waitInWords(awaited: string, heldBy: readonly WaitHolder[], wallMs: number): string {
  if (heldBy.length === 0) return awaited
  const named = heldBy.slice(0, NAMED).map((holder) => holderInWords(holder, wallMs))
  const rest = heldBy.length - named.length
  return `${awaited}, held by ${named.join('; ')}${rest === 0 ? '' : `; and ${rest} more`}`
}

export const lockInWords = (name: string): string => `the lock "${name}"`

/** `12 s` */
export function secondsInWords(ms: number): string {
  return ms < 1000 ? `${Math.max(0, Math.round(ms))} ms` : `${Math.round(ms / 1000)} s`
}

/** `process 4711 (node), detach of attachment "vol-1" (owner "default"), for 12 s` */
export function holderInWords({ pid, command, gone, operation, id, owner, sinceMs }: WaitHolder, wallMs: number): string {
  return [
    pid === undefined ? 'an unknown process' : `process ${pid} (${gone === true ? 'ended, or in another container' : (command ?? '?')})`,
    ...(id === undefined ? [] : [`${operation ?? 'work'} of attachment ${JSON.stringify(id)} (owner ${JSON.stringify(owner ?? '')})`]),
    ...(sinceMs === undefined ? [] : [`for ${secondsInWords(wallMs - sinceMs)}`]),
  ].join(', ')
}
