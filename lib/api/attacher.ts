/** What callers of an attacher pass and get: plain data. */
import type { Connection, SessionAuth } from './connection.js'
import type { Attempt } from '../core/errors.js'
import type { DetachReport } from './detach-report.js'
import type { HealthEvent, OperationEvent, OperationName, Outcome } from './events.js'
import type { BlockPicture } from './topology.js'
import type { RecoverCall, RecoveryReport } from './recovery.js'

export type * from './detach-report.js'
export type * from './topology.js'
export type * from './recovery.js'

export interface Call {
  /** Ends the call sooner: what was made is undone, then the call rejects with `ERR_ABORTED`. */
  readonly signal?: AbortSignal
  /** The call answers by then, half a second more at most. Default 60,000. */
  readonly timeoutMs?: number
}

export interface AttachCall extends Call {
  /**
   * Asked at most once in an attach, when a target has refused the CHAP credentials of the connection: what it answers is tried once more at
   * each portal that refused, and used for those that come later. It is never written down, but for open-iscsi's own record.
   */
  readonly refreshSecrets?: () => Promise<SessionAuth>
}

export interface DetachCall extends Call {
  /** Also from programs that merely have the device open, and without what cannot be flushed. Default false. */
  readonly force?: boolean
  /** What happens to a map without a live path. Default: as the attach said, else as the attacher's policy does. */
  readonly onNoPaths?: Policy['onNoPaths']
}

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
   * takes it over afterwards, and the event `map:unadopted` is told when it has not within 10 s. Only where a multipathd runs. Worth it with `ready: 'kernel'`.
   */
  readonly assemble: 'multipathd' | 'direct'
  /**
   * How iscsid is asked for logins and logouts: by `iscsiadm`, or over its own `socket`, without a process for each. The socket is only used with
   * versions of open-iscsi whose requests are known, and through records of ours; else it is iscsiadm all the same, and the log says so.
   */
  readonly iscsid: 'iscsiadm' | 'socket'
  /** At the detach of a map that has no live path: `fail` (what was written can't be flushed), or `fail-io`: give that up, and say so. */
  readonly onNoPaths: 'fail' | 'fail-io'
  readonly access: 'rw' | 'ro'
}

export interface Limits {
  /** Attaches and detaches under way at once in this attacher; further ones wait in order of arrival, on their own deadline. Default 256. */
  readonly operations: number
  /** Logins to one portal (address and port, of whichever target) at once; further ones wait likewise. Default 8. */
  readonly loginsPerPortal: number
  /**
   * Scans and removals on one SCSI host at once, but for those that their callers have given up; further ones wait likewise. The kernel does one
   * after another (drivers/scsi/scsi_scan.c, `scan_mutex`): more than two keep threads and helper processes waiting, and gain nothing. Default 2.
   */
  readonly scansPerHost: number
}

/** What the control plane knows of the volume. Whatever is given is checked before the device is handed out. */
export interface Expected {
  /** Any spelling: `naa.6…`, `36…`, `0x6…`, `eui.…`. */
  readonly wwid?: string
  /** Unit serial number (VPD page 0x80). */
  readonly serial?: string
  readonly uuid?: string
  readonly nguid?: string
  readonly sizeBytes?: number
}

export interface AttachRequest {
  /** Names the attachment for the caller: 1–256 bytes, no control characters. */
  readonly id: string
  readonly connection: Connection
  readonly expected?: Expected
  readonly policy?: PartialPolicy
}
export type PartialPolicy = { readonly [K in keyof Policy]?: Policy[K] extends object ? Partial<Policy[K]> : Policy[K] }

export interface Attachment {
  readonly id: string
  /** The real node: `/dev/sdb`, `/dev/dm-3`; never a udev link. */
  readonly device: string
  /** A link of ours to the device, made after the proof and first to go at detach; `null` for a device that was not proven by us. */
  readonly stableLink: string | null
  /** As multipath-tools and udev's scsi_id spell it: type digit and hex (`36001405…`). */
  readonly wwid?: string
  readonly serial?: string
  readonly sizeBytes: number
  readonly logicalBlockSize: number
  readonly readOnly: boolean
  readonly multipath: { readonly name: string; readonly device: string; readonly uuid: string } | null
  readonly paths: readonly AttachedPath[]
  /** Fewer paths than the connection has. */
  readonly degraded: boolean
  /** It was attached already; nothing was made by this call. */
  readonly reused: boolean
  /** udev's database describes the device. `false` with `ready: 'kernel'`, or where no udevd runs. */
  readonly udevReady: boolean
  readonly timings: readonly StepTiming[]
}
export interface AttachedPath {
  readonly device: string
  readonly hctl?: string
  readonly portal?: string
  readonly target?: string
  /** Where it is not open-iscsi's default one. */
  readonly iface?: string
  readonly session?: number
  readonly state: string
}
export interface StepTiming {
  readonly step: string
  readonly startMs: number
  readonly ms: number
  readonly path?: string
}

export interface ResizeCall extends Call {
  /** What the control plane says that the volume has now; without it, all paths must agree on some size. */
  readonly sizeBytes?: number
}
export interface ResizeReport {
  readonly id: string
  readonly device: string
  readonly beforeBytes: number
  readonly sizeBytes: number
  /** Each path, then the map. */
  readonly layers: readonly ResizedLayer[]
  readonly timings: readonly StepTiming[]
}
export interface ResizedLayer {
  readonly device: string
  /** `null`: it was not there, or did not answer. */
  readonly beforeBytes: number | null
  readonly afterBytes: number | null
}

export interface AttachmentSummary {
  readonly id: string
  readonly owner: string
  readonly state: 'attaching' | 'attached' | 'detaching'
  readonly protocol: string
  readonly device: string | null
  readonly wwid?: string
  /** Still as the journal says, on this boot of the host. */
  readonly present: boolean
}
export interface Inspection extends AttachmentSummary {
  readonly connection: Connection
  readonly attachment: Attachment | null
  /** Who has the device open or uses it. */
  readonly holders: readonly Holder[]
  /** Where it could not be looked, with the reason. */
  readonly unseen: readonly string[]
}
/** Somebody who uses a device. */
export interface Holder {
  readonly kind: 'mount' | 'swap' | 'device' | 'process' | 'export' | 'exclusive'
  readonly pid?: number
  readonly command?: string
  /** Mount point, dm name, file … */
  readonly where?: string
}

export interface HostIdentity {
  /** `InitiatorName` of open-iscsi; `null` where there is none. */
  readonly initiatorName: string | null
  readonly hostname: string | null
  readonly bootId: string | null
  readonly machineId: string | null
}

export type { Attempt, HealthEvent, OperationEvent, OperationName, Outcome }

export interface Attacher extends AsyncDisposable {
  /** Brings the volume to this host, proves that it is the right one and answers with its device. Idempotent. */
  attach(request: AttachRequest, call?: AttachCall): Promise<Attachment>
  /** Takes the volume away and says what was checked. Succeeds with `already-released` when there is nothing to take away. */
  detach(ref: string | { readonly connection: Connection }, call?: DetachCall): Promise<DetachReport>
  /**
   * Has the host see the size that the volume has now: every path, then the map. What is on the volume is not touched.
   * @throws `ERR_RESIZE_NOT_CONVERGED` while a path is down or shows another size: repeat it later. `ERR_UNSUPPORTED` when the volume has
   * become smaller.
   */
  resize(ref: string | { readonly connection: Connection }, call?: ResizeCall): Promise<ResizeReport>
  list(call?: Call): Promise<readonly AttachmentSummary[]>
  inspect(ref: string | { readonly connection: Connection }, call?: Call): Promise<Inspection>
  /**
   * Finishes or undoes what was interrupted, settles what was pending, and takes away what is provably this owner's and nobody's any more.
   * Nothing that anybody uses is taken away. Safe to repeat, and while other operations run. What can't be done is reported as `left`.
   */
  recover(call?: RecoverCall): Promise<RecoveryReport>
  identity(call?: Call): Promise<HostIdentity>
  /** What this host has of storage, and what belongs to what. Asks no device and no daemon. */
  enumerate(call?: Call): Promise<BlockPicture>
  /**
   * The picture now, and again each time it has changed: by the kernel's events, many at once, and by a look every other second for what no
   * event tells (session states, mounts). Ends as {@link Attacher.watch} does.
   */
  follow(call?: Call): AsyncIterable<BlockPicture>
  /** What happens from now on, until the signal aborts or the attacher closes. */
  events(call?: { readonly signal?: AbortSignal }): AsyncIterable<OperationEvent>
  /**
   * How attached volumes fare: first those that are not well, then each change, by the kernel's events. Of a single disk it is only told that
   * it goes. Ends with the signal, with the time of `timeoutMs` (which has no default here), or when the attacher closes.
   */
  watch(call?: Call): AsyncIterable<HealthEvent>
  /** Waits for operations under way, settles what is pending. Late paths are given up, or waited for until the time of their attach is over. */
  close(options?: { readonly latePaths?: 'give-up' | 'wait' }): Promise<void>
}
