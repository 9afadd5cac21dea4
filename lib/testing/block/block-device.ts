import type { Content, Volume } from '../storage/volume.js'

/** A block device of any kind: a disk, a partition or a device of device-mapper. */
export interface BlockDevice {
  /** `sda` */
  readonly name: string
  /** `8:0` */
  readonly device: string
  /** The node that the mount table names: `/dev/sda`, `/dev/mapper/mpatha`. */
  readonly node: string
  /** For a SCSI disk: `3:0:0:1`. */
  readonly hctl?: string
  /** For a partition, and for a device that is made of one: its number in the volume's partition table. */
  readonly partition?: number
  /** For a partition of the kernel: the whole disk. */
  readonly whole?: BlockDevice
  /** Whether the device is live. Its node exists some time before that. */
  live: boolean
  /** The size as the kernel knows it. */
  sectors(): number
  /** Whether the kernel refuses writes. */
  readOnly(): boolean
  /** The volume that an access reaches now; `undefined` when there is nothing behind the device. */
  volume(): Volume | undefined
  /** Does one access. Waits as long as a real access would, and resolves to `EIO` when it fails. */
  io(): Promise<'ok' | 'EIO'>
  /** Whether the kernel can write dirty pages to the device now. */
  takesWrites(): boolean
}

/** The content of the device: of the volume that it leads to, or of one partition of that volume. */
export function contentOf(block: Pick<BlockDevice, 'partition' | 'volume'>): Content | undefined {
  const { partition } = block
  const volume = block.volume()
  return partition === undefined ? volume?.content : volume?.partitions[partition - 1]
}
