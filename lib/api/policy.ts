/** Decisions that an attach and a detach follow. Callers pass parts of it ({@link PartialPolicy}). */
export interface Policy {
  /**
   * Whether a volume becomes a multipath map. The kernel's own device over all paths of an NVMe namespace counts.
   * - `require`: a map, or the attach fails (`ERR_MULTIPATH_UNAVAILABLE`, `ERR_MULTIPATH_NOT_FORMED`)
   * - `prefer`: a map if multipathd runs, or else a single disk
   * - `never`: a single path
   * @default 'prefer'
   */
  readonly multipath: 'require' | 'prefer' | 'never'
  /** How many paths an attach needs and waits for. */
  readonly paths: {
    /**
     * Paths that must be verified, or the attach fails. A number above that of the portals means `all`.
     * @default 1
     */
    readonly min: number | 'all'
    /**
     * Paths to wait for once `min` are there, for at most `graceMs`.
     * @default 'all'
     */
    readonly want: number | 'all'
    /**
     * Longest wait for further paths, in milliseconds.
     * @default 2000
     */
    readonly graceMs: number
  }
  /**
   * When an attach returns.
   * - `udev`: when udev's database describes the device, so that `lsblk` and `blkid` are right
   * - `kernel`: as soon as the kernel has the device
   * @default 'udev'
   */
  readonly ready: 'udev' | 'kernel'
  /**
   * How the identity of a volume is verified.
   * - `agree`: all paths show the same identity
   * - `require`: and it is the one of `expected`, which must name a WWID, serial number, UUID or NGUID
   * @default 'agree'
   */
  readonly identity: 'agree' | 'require'
  /** Waiting for the LUN. */
  readonly lun: {
    /**
     * How long an attach waits for a LUN that the target does not show yet: milliseconds, or `deadline` of the call.
     * @default 'deadline'
     */
    readonly waitMs: number | 'deadline'
  }
  /**
   * Which program creates the map of a volume that has none.
   * - `multipathd`: multipathd
   * - `direct`: Brickwork, by device-mapper's ioctl, as soon as the kernel has the disks; multipathd takes the map over. It needs a running
   *   multipathd. The event `map:unmanaged` follows if multipathd has not taken over within 10 s. It saves time with `ready: 'kernel'`.
   * @default 'multipathd'
   */
  readonly assemble: 'multipathd' | 'direct'
  /**
   * Detach of a map that has no live path.
   * - `fail`: refuse it with `ERR_TARGET_UNREACHABLE`, because written data cannot be flushed
   * - `fail-io`: give the written data up; the report says `dataLossPossible`
   * @default 'fail'
   */
  readonly onNoPaths: 'fail' | 'fail-io'
  /**
   * With `ro` the kernel refuses writes to the device and to each path (BLKROSET) before the attach returns. The last detach reverts what
   * Brickwork set. `ERR_CONFLICT` if an attachment of the same volume has the other access.
   * @default 'rw'
   */
  readonly access: 'rw' | 'ro'
  /** Settings of iSCSI. Time-outs, digests and CHAP algorithms apply to sessions that the attach creates. */
  readonly iscsi: {
    /**
     * How Brickwork requests logins and logouts from iscsid.
     * - `iscsiadm`: runs `iscsiadm`
     * - `socket`: uses iscsid's own socket, without a process for each. It needs a known version of open-iscsi and node records created by
     *   Brickwork; otherwise Brickwork runs iscsiadm, and the log says so.
     * @default 'iscsiadm'
     */
    readonly logins: 'iscsiadm' | 'socket'
    /**
     * Seconds for which the kernel holds I/O when the session is lost, before it fails it; 0: it fails at once, −1: it waits for ever. Under a
     * map, multipathd sets it (fast_io_fail_tmo). Default: the value of the host's `iscsid.conf`, or else 120.
     */
    readonly replacementTimeoutSec?: number
    /**
     * Checksums of PDU headers (RFC 7143, 13.1), in the words of `iscsid.conf`. Default: the value of the host's `iscsid.conf`, or else
     * open-iscsi's own, `None`.
     */
    readonly headerDigest?: 'None' | 'CRC32C' | 'CRC32C,None' | 'None,CRC32C'
    /** Checksums of data (RFC 7143, 13.1), like `headerDigest`. Default: as for `headerDigest`. */
    readonly dataDigest?: 'None' | 'CRC32C' | 'CRC32C,None' | 'None,CRC32C'
    /**
     * CHAP algorithms in the order of preference. Old targets refuse a login that offers more than MD5. Default: the value of the host's
     * `iscsid.conf` (`node.session.auth.chap_algs`), or else open-iscsi's own.
     */
    readonly chapAlgorithms?: readonly ('MD5' | 'SHA1' | 'SHA256' | 'SHA3-256')[]
  }
  /**
   * Settings of NVMe over Fabrics, as in nvme-connect(1). They apply to controllers that the attach creates. A setting that the kernel does
   * not know is `ERR_UNSUPPORTED`. Default of each: the kernel's own, unless it says otherwise.
   */
  readonly nvme: {
    /**
     * Seconds for which a lost controller tries to reconnect before the kernel removes it; −1: for ever. Default: −1 if the connection names
     * several portals, else 600, the kernel's own: with a single path, −1 lets applications wait for ever.
     */
    readonly ctrlLossTimeoutSec?: number
    /** Seconds between two tries to reconnect. Default: the kernel's, 10. */
    readonly reconnectDelaySec?: number
    /** Seconds after which I/O of a lost controller fails. Default: it waits as long as the controller tries to reconnect. */
    readonly fastIoFailTimeoutSec?: number
    /** Seconds without an answer after which a controller is lost: the keep-alive time-out. Default: the kernel's, 5. */
    readonly keepAliveSec?: number
    /** I/O queues of a controller. Each costs three round trips at the connect. Default: the kernel's, one for each processor. */
    readonly ioQueues?: number
    /** Commands in a queue: 16–1024. Default: the kernel's, 128. */
    readonly queueSize?: number
    /**
     * Checksums of PDU headers (NVMe/TCP 1.0, 3.3.1.1).
     * @default false
     */
    readonly headerDigest?: boolean
    /**
     * Checksums of data (NVMe/TCP 1.0, 3.3.1.1).
     * @default false
     */
    readonly dataDigest?: boolean
  }
}
/** A part of a {@link Policy}. A field that is left out keeps its value from the attacher's policy, or else its default. */
export type PartialPolicy = {
  readonly [K in keyof Policy]?:
    | (Policy[K] extends object ? { readonly [P in keyof Policy[K]]?: Policy[K][P] | undefined } : Policy[K])
    | undefined
}
/** How much of the host one attacher uses at the same time. */
export interface Limits {
  /**
   * Operations in progress in this attacher. Further ones wait in order of arrival, within their own deadlines.
   * @default 256
   */
  readonly operations: number
  /**
   * Scans and removals in progress on one SCSI host; further ones wait. Those whose callers have given them up do not count. The kernel does
   * one after another (drivers/scsi/scsi_scan.c, `scan_mutex`): more than two only keep threads and helper processes waiting.
   * @default 2
   */
  readonly scansPerHost: number
  /**
   * Nice value of this process, from −20 to 19: how much of a busy processor it gets beside others (nice(7)). A negative one lets attaches of
   * a storm answer before udev's workers have taken the processors. It applies to every thread that the process has when the attacher is
   * created, the caller's own included; threads and programs that the process starts later inherit it, daemons of the host do not.
   * It stays when the attacher is closed. Negative values need CAP_SYS_NICE. Default: the priority is left as it is.
   */
  readonly priority?: number
  /** Limits of iSCSI. */
  readonly iscsi: {
    /**
     * Logins in progress at one portal (address and port, of any target); further ones wait.
     * @default 8
     */
    readonly loginsPerPortal: number
  }
}
/** A part of the {@link Limits}. A field that is left out has its default. */
export type PartialLimits = {
  readonly [K in keyof Limits]?:
    | (Limits[K] extends object ? { readonly [P in keyof Limits[K]]?: Limits[K][P] | undefined } : Limits[K])
    | undefined
}
