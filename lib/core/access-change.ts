/** A change of a block device to read-only or read-write. */
export interface AccessChange {
  /** `/dev/sda` */
  readonly device: string
  readonly readOnly: boolean
  /** The `diskseq` that the disk must have. `undefined` where the kernel has none (before 5.15). */
  readonly diskseq: string | undefined
}
