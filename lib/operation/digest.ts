import { hash } from 'node:crypto'

/** Ids and lock names never become file names: their SHA-256 does. */
export function digest(...parts: string[]): string {
  return hash('sha256', parts.join('\0'))
}
