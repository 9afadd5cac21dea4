import type { Host } from '../../core/host.js'
import { isAnswered } from './command.js'

/** SBC-3 5.13 */
const READ_10 = 0x28
/** The number of blocks, in two bytes. */
const BLOCKS_AT = 7

export interface FirstBlocks {
  /** As many bytes as are read, from the beginning of the device. */
  readonly bytes: number
  readonly blockBytes: number
  readonly timeoutMs: number
}

/**
 * READ(10): whether the device itself answers, with data or with a status that says why not. Past the page cache, and past what the kernel and
 * udev have read.
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
