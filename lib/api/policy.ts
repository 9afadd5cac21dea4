export interface Policy {
  readonly multipath: 'require' | 'prefer' | 'never'
  readonly paths: { readonly min: number | 'all'; readonly want: number | 'all'; readonly graceMs: number }
  /** `udev`: answer when udev's database describes the device too, so that `lsblk` and `blkid` tell the truth about what is on it. */
  readonly ready: 'udev' | 'kernel'
  /** `agree`: all paths show the same identity. `require`: and it is the `expected` one, which must be given. */
  readonly identity: 'agree' | 'require'
  /** How long a LUN that the target doesn't show yet is waited for. */
  readonly lun: { readonly waitMs: number | 'deadline' }
  /**
   * Who makes the map of a volume that has none. `direct`: the library, by device-mapper's ioctl, as soon as the kernel has the disks; multipathd
   * takes it over afterwards, and the event `map:unmanaged` follows when it has not within 10 s. Only where a multipathd runs. Worth it with `ready: 'kernel'`.
   */
  readonly assemble: 'multipathd' | 'direct'
  /** At the detach of a map that has no live path: `fail` (what was written can't be flushed), or `fail-io`: give that up, and say so. */
  readonly onNoPaths: 'fail' | 'fail-io'
  /**
   * `ro`: the kernel refuses writes to the device and to each path (BLKROSET) before the attach answers; the last detach takes that back where
   * this library did it. `ERR_CONFLICT` when an attachment of the same volume has the other access. Default `rw`.
   */
  readonly access: 'rw' | 'ro'
  readonly iscsi: {
    /**
     * How logins and logouts are requested from iscsid: by `iscsiadm`, or over iscsid's own `socket`, without a process for each. The socket is
     * used only with versions of open-iscsi whose requests are known, and through node records created by Brickwork; else iscsiadm is used all
     * the same, and the log says so. Default `iscsiadm`.
     */
    readonly logins: 'iscsiadm' | 'socket'
    /**
     * For how many seconds the kernel holds I/O back when the session is lost, before it fails it; 0: not at all, −1: for ever. Under a map
     * multipathd sets it (fast_io_fail_tmo). Default: what iscsid.conf of the host says, else 120. Applies to sessions that the attach creates.
     */
    readonly replacementTimeoutSec?: number
    /** Checksums of headers and of data (RFC 7143, 13.1), in the words of iscsid.conf. Default: what that says, else open-iscsi's own `None`. */
    readonly headerDigest?: 'None' | 'CRC32C' | 'CRC32C,None' | 'None,CRC32C'
    readonly dataDigest?: 'None' | 'CRC32C' | 'CRC32C,None' | 'None,CRC32C'
    /**
     * CHAP algorithms in the order in which they are offered. Old targets refuse a login that offers more than MD5. Default: what iscsid.conf
     * says (`node.session.auth.chap_algs`), else open-iscsi's own.
     */
    readonly chapAlgorithms?: readonly ('MD5' | 'SHA1' | 'SHA256' | 'SHA3-256')[]
  }
}
export type PartialPolicy = {
  readonly [K in keyof Policy]?: Policy[K] extends object ? Partial<Policy[K]> : Policy[K]
}
export interface Limits {
  /** Attaches and detaches under way at once in this attacher; further ones wait in order of arrival, on their own deadline. Default 256. */
  readonly operations: number
  /**
   * Scans and removals on one SCSI host at once, but for those that their callers have given up; further ones wait likewise. The kernel does one
   * after another (drivers/scsi/scsi_scan.c, `scan_mutex`): more than two keep threads and helper processes waiting, and gain nothing. Default 2.
   */
  readonly scansPerHost: number
  readonly iscsi: {
    /** Logins to one portal (address and port, of any target) at once; further ones wait likewise. Default 8. */
    readonly loginsPerPortal: number
  }
}
/** Every limit that is left out has its default. */
export type PartialLimits = { readonly [K in keyof Limits]?: Limits[K] extends object ? Partial<Limits[K]> : Limits[K] }
