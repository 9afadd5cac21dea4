import { crypto } from '../core/crypto.js'

/** Ids and lock names are never used as file names, only their SHA-256. */
export function digest(...parts: string[]): string {
  return crypto().hash('sha256', parts.join('\0'))
}
