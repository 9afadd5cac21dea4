import type { Content, Volume } from '../storage/volume.js'

/** A block device, whatever is below it. */
export interface BlockDevice {
  /** `sda` */
  readonly name: string
  /** `8:0` */
  readonly device: string
  /** The node that the mount table names: `/dev/sda`, `/dev/mapper/mpatha`. */
  readonly node: string
  /** Of a SCSI disk: `3:0:0:1`. */
  readonly hctl?: string
  /** Of a partition, and of what is made of one: its number in the volume's table. */
  readonly partition?: number
  /** Of a partition of the kernel: the whole disk. */
  readonly whole?: BlockDevice
  /** A device node exists some time before the device is live. */
  live: boolean
  /** The size as the kernel knows it. */
  sectors(): number
  /** Whether the kernel refuses writes. */
  readOnly(): boolean
  /** The volume that an access reaches now; `undefined` when there is nothing behind the device. */
  volume(): Volume | undefined
  /** Waits as an access waits. Answers `EIO` when the access fails. */
  io(): Promise<'ok' | 'EIO'>
  /** Whether the kernel can write dirty pages to the device now. */
  takesWrites(): boolean
}

/** What is on the device: on the volume that it leads to, or on the partition of it. */
export function contentOf({ partition, ...block }: Pick<BlockDevice, 'partition' | 'volume'>): Content | undefined {
  const volume = block.volume()
  return partition === undefined ? volume?.content : volume?.partitions[partition - 1]
}
