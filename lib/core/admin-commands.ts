/** The NVMe admin commands that a host sends for Brickwork. */
import { BrickworkError } from './errors.js'
import type { NvmeAdminRequest } from './fabrics-calls.js'

/** Get Log Page, Identify, Get Features (NVMe Base 2.0, figure 138). */
const READING: ReadonlySet<number> = new Set([0x02, 0x06, 0x0a])

/** @throws `ERR_INVALID_ARGUMENT` for a command that may change something. */
export function requireReading({ device, opcode }: NvmeAdminRequest): void {
  if (READING.has(opcode)) return
  const name = `0x${opcode.toString(16).padStart(2, '0')}`
  throw new BrickworkError('ERR_INVALID_ARGUMENT', `The NVMe admin command ${name} to ${device} is refused: it does not only read`)
}
