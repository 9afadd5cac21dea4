/** Whether a block device takes writes. */
export interface AccessChange {
  /** `/dev/sda` */
  readonly device: string
  readonly readOnly: boolean
  /** The disk that it must be, where the kernel counts disks (5.15 and later). */
  readonly diskseq: string | undefined
}
