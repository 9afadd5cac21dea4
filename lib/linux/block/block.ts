import type { Tree } from '../../core/tree.js'
import { namesIn } from '../sysfs.js'

export interface BlockOfDisk {
  /** `sdb` */
  readonly name: string
  /** `8:16` */
  readonly device: string
  readonly sizeBytes: number
  readonly logicalBlockSize: number
  readonly readOnly: boolean
  /** Sequence number of the disk since boot, never reused (kernel 5.15 and later). */
  readonly diskseq: string | undefined
  /** Names of the devices built on this device. */
  readonly holders: readonly string[]
}
export const SECTOR_BYTES = 512
export function parseBlock(entry: Tree): BlockOfDisk | undefined {
  const device = entry.text('dev')
  const sectors = Number(entry.text('size'))
  if (device === undefined || !Number.isSafeInteger(sectors * SECTOR_BYTES)) return undefined
  return {
    name: entry.name,
    device,
    sizeBytes: sectors * SECTOR_BYTES,
    logicalBlockSize: Number(entry.text('queue/logical_block_size') ?? SECTOR_BYTES),
    readOnly: entry.text('ro') === '1',
    diskseq: entry.text('diskseq'),
    holders: namesIn(entry, 'holders'),
  }
}
