import { createHash } from 'node:crypto'

/** Ids and lock names never become file names: their SHA-256 does. */
export function digest(...parts: string[]): string {
  return createHash('sha256').update(parts.join('\0')).digest('hex')
}
