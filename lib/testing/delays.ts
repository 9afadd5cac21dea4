/** The delays of a fake machine, in virtual milliseconds. */
export interface Delays {
  /**
   * Start and end of a program.
   * @default 3
   */
  readonly command: number
  /**
   * TCP handshake and login of a session.
   * @default 25
   */
  readonly login: number
  /**
   * Logout of a session.
   * @default 10
   */
  readonly logout: number
  /**
   * A scan of one LUN.
   * @default 5
   */
  readonly scan: number
  /**
   * From the SCSI device to its disk.
   * @default 10
   */
  readonly disk: number
  /**
   * From the start of a removal until the disk's node is gone.
   * @default 5
   */
  readonly removeDisk: number
  /**
   * udev's rules for a block device.
   * @default 60
   */
  readonly udev: number
  /**
   * udev's rules for anything else.
   * @default 5
   */
  readonly udevOther: number
  /**
   * One wait for the disk (fsync).
   * @default 2
   */
  readonly fsync: number
  /**
   * A SCSI command, or I/O on a device.
   * @default 1
   */
  readonly scsi: number
  /**
   * TCP handshake of `connect`.
   * @default 1
   */
  readonly connect: number
  /**
   * multipathd's answer to a command.
   * @default 1
   */
  readonly exchange: number
  /**
   * From udev's event until multipathd processes it. Events that come within this time are processed together.
   * @default 20
   */
  readonly multipathd: number
  /**
   * multipathd's polling interval.
   * @default 5000
   */
  readonly pathCheck: number
}
