import type { Host } from '../../core/host.js'
import { isAnswered } from './command.js'

/** SBC-3 5.13 */
const READ_10 = 0x28
/** Position of the number of blocks, which has two bytes. */
const BLOCKS_AT = 7

export interface FirstBlocks {
  /** How many bytes to read from the beginning of the device. */
  readonly bytes: number
  readonly blockBytes: number
  readonly timeoutMs: number
}

/**
 * Sends READ(10). Returns whether the device itself answers, with data or with a status that says why not. Bypasses the page cache and
 * everything that the kernel and udev have read before.
 */
export async function answersRead(
  host: Host,
  device: string,
  { bytes, blockBytes, timeoutMs }: FirstBlocks,
  signal: AbortSignal,
): Promise<boolean> {
  const cdb = new Uint8Array(10)
  cdb[0] = READ_10
  new DataView(cdb.buffer).setUint16(BLOCKS_AT, bytes / blockBytes)
  return await isAnswered(host, device, { cdb, length: bytes }, timeoutMs, signal)
}
