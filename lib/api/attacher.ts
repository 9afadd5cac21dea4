/** Arguments and results of an attacher's calls. */
import type { EventStream } from '../core/bounded-queue.js'
import type { ResizedLayer } from '../core/error-data.js'
import type { AttachmentName, Connection, ConnectionAuth, ConnectionWithoutSecrets } from './connection.js'
import type { DetachReport } from './detach-report.js'
import type { DoctorCall, DoctorReport } from './doctor.js'
import type { ForgetCall, ForgetReport } from './forget.js'
import type { HealthEvent, OperationEvent } from './events.js'
import type { HealCall, HealReport } from './heal.js'
import type { BlockTopology } from './topology.js'
import type { HostIdentity } from './identity.js'
import type { RecoverCall, RecoveryReport } from './recovery.js'
import type { Call, StepTiming } from './call.js'
import type { Policy } from './policy.js'
import type { Attachment, AttachmentOf, AttachmentSummary, AttachRequest, Holder } from './attachment.js'

export type { ResizedLayer } from '../core/error-data.js'

/** Options of {@link Attacher.attach}. */
export interface AttachCall extends Call {
  /**
   * Returns other credentials after a target has refused those of the connection (`connection.auth`). An attach calls it at most once.
   * Each refused path is tried once more with the new credentials; later paths use them too. They are recorded nowhere except in the file
   * that the transport's own daemon needs. Default: the attach fails with `ERR_AUTHENTICATION`.
   */
  readonly refreshSecrets?: (() => Promise<ConnectionAuth>) | undefined
}

/** Options of {@link Attacher.detach}. */
export interface DetachCall extends Call {
  /**
   * Detaches although programs have the device open, and although written data cannot be flushed. Mounts, swap and devices that are built
   * on it still refuse the detach (`ERR_HELD`).
   * @default false
   */
  readonly force?: boolean | undefined
  /**
   * Handling of a map without a live path, see {@link Policy.onNoPaths}. Default: the policy of the attach, or else that of the attacher.
   */
  readonly onNoPaths?: Policy['onNoPaths'] | undefined
  /**
   * What a detach of something that is not attached does.
   * - `ok`: it succeeds, with the outcome `already-released`
   * - `error`: it fails with `ERR_NOT_ATTACHED`
   * @default 'ok'
   */
  readonly ifMissing?: 'ok' | 'error' | undefined
}

/** Options of {@link Attacher.resize}. */
export interface ResizeCall extends Call {
  /** Size in bytes that the control plane reports for the volume. Default: the size on which all paths agree. */
  readonly sizeBytes?: number | undefined
}
/** Result of {@link Attacher.resize}. */
export interface ResizeReport {
  /** Id of the attachment. */
  readonly id: string
  /** Device node of the volume: `/dev/dm-3`. */
  readonly device: string
  /** Size of the device in bytes before the call. */
  readonly beforeBytes: number
  /** Size of the device in bytes now. */
  readonly sizeBytes: number
  /** Each path, then the map. */
  readonly layers: readonly ResizedLayer[]
  /** Duration of each step. */
  readonly timings: readonly StepTiming[]
}

/** Result of {@link Attacher.inspect}. */
export interface Inspection extends AttachmentSummary {
  /** The connection as it was recorded. `detach()`, `resize()` and `inspect()` take it as it is. */
  readonly connection: ConnectionWithoutSecrets
  /** The volume in words, one line for each path that the connection names. */
  readonly volume: readonly string[]
  /** The attachment as it is now; `null` if it is not present. */
  readonly attachment: Attachment | null
  /** Users of the device. */
  readonly holders: readonly Holder[]
  /** Places where Brickwork could not search for users, with the reason. */
  readonly unseen: readonly string[]
}
/** Options of {@link Attacher.enumerate}. */
export interface EnumerateCall extends Call {
  /**
   * Also asks multipathd, if it runs, for what only it knows of paths: checker, checker state and priority. The call waits for its answer
   * for half a second at most; without an answer, `unseen` says so.
   * @default false
   */
  readonly askMultipathd?: boolean | undefined
}
/** Options of {@link Attacher.close}. */
export interface CloseCall {
  /**
   * Handling of late paths, those that come up after their attach has returned.
   * - `give-up`: cancels them
   * - `wait`: waits for them until the deadline of their attach
   * @default 'give-up'
   */
  readonly latePaths?: 'give-up' | 'wait' | undefined
  /** Time limit in milliseconds, from 1 to 86,400,000. Default: `close()` waits until all work has ended. */
  readonly timeoutMs?: number | undefined
}
/**
 * Attaches and detaches volumes on one host, for one owner; made by {@link createAttacher}. `await using` closes it.
 *
 * Every call may reject with a {@link BrickworkError}. `ERR_INVALID_ARGUMENT`, `ERR_TIMEOUT`, `ERR_ABORTED` and `ERR_STATE` are possible
 * for each; `docs/errors.md` lists all codes.
 */
export interface Attacher extends AsyncDisposable {
  /**
   * Attaches the volume to this host, verifies its identity and returns its device. It is idempotent: if the volume is attached already,
   * the call verifies it and returns it again.
   * @throws {@link BrickworkError} after a rollback. `ERR_CONFLICT` if the id is attached with another connection or access. `ERR_BUSY` if
   * another operation has the attachment. `ERR_IDENTITY_…` if the device is not the expected volume.
   */
  attach<C extends Connection>(request: AttachRequest<C>, call?: AttachCall): Promise<AttachmentOf<C>>
  /**
   * Detaches the volume and reports what it checked and removed. It succeeds with `already-released` if nothing is attached.
   * @param ref the id of the attachment, or its connection, with or without secrets
   * @throws {@link BrickworkError} `ERR_HELD` if the device is in use: nothing was changed. `ERR_TARGET_UNREACHABLE` if a map has no live
   * path. `ERR_DETACH_INCOMPLETE` if something could not be removed: repeat the call. `ERR_NOT_ATTACHED` with `ifMissing: 'error'`.
   */
  detach(ref: AttachmentName, call?: DetachCall): Promise<DetachReport>
  /**
   * Makes the host use the new size of a volume that has grown: every path, then the map. It does not touch partitions and file systems.
   * @param ref the id of the attachment, or its connection, with or without secrets
   * @throws {@link BrickworkError} `ERR_RESIZE_NOT_CONVERGED` while a path is down or shows another size: repeat it later. The same code if
   * another program made the map and the map has not got the new size within 5 s. Only that program resizes it; `details.layers` has its
   * size. `ERR_UNSUPPORTED` if the volume has become smaller. `ERR_NOT_ATTACHED` if it is not attached.
   */
  resize(ref: AttachmentName, call?: ResizeCall): Promise<ResizeReport>
  /**
   * Gives up the record of an attachment whose device is gone for good or cannot be opened. It changes nothing on the host but Brickwork's
   * own files: journal entry, claim and stable link. Objects that other attachments use do not count.
   * @throws {@link BrickworkError} `ERR_CONFLICT` while the host still has objects that the attachment created: detach it, or call with
   * `leaveRemaining`. `ERR_NOT_ATTACHED` for an unknown id.
   */
  forget(id: string, call?: ForgetCall): Promise<ForgetReport>
  /**
   * Brings up the paths that the connection of an attached volume names and its map lacks: logs in again, scans the LUN, verifies the disk
   * and lets it into the map. It only adds: nothing that was there before is removed or changed, also when a path fails. All paths are
   * tried at once. The report says what was done for each.
   * @param ref the id of the attachment, or its connection with credentials; without it all attachments of this owner are healed, and their
   * errors are reported
   * @throws {@link BrickworkError} with `ref`: `ERR_NOT_ATTACHED`. `ERR_BUSY` if another operation has the attachment.
   * `ERR_TARGET_UNREACHABLE` if the device itself is gone. `ERR_IDENTITY_MISMATCH` if the array has given its LUN to another volume.
   * `ERR_MULTIPATH_UNAVAILABLE` if no multipathd runs that could add a path.
   */
  heal(ref?: AttachmentName, call?: HealCall): Promise<HealReport>
  /** Lists the attachments of this owner. */
  list(call?: Call): Promise<readonly AttachmentSummary[]>
  /**
   * Shows one attachment of this owner, with its device, paths and users.
   * @param ref the id of the attachment, or its connection, with or without secrets
   * @throws {@link BrickworkError} `ERR_NOT_ATTACHED` if it is not attached.
   */
  inspect(ref: AttachmentName, call?: Call): Promise<Inspection>
  /**
   * Finishes or rolls back interrupted operations, resolves pending logins, and removes orphans that this owner verifiably created.
   * It removes nothing that is in use. It may be repeated, and may run beside other operations. Work that it could not do is reported as
   * `left`, not thrown.
   */
  recover(call?: RecoverCall): Promise<RecoveryReport>
  /** Returns the names by which storage systems know this host. */
  identity(call?: Call): Promise<HostIdentity>
  /**
   * Returns the block storage of this host: devices, paths, mounts, attachments. It asks no disk, and no daemon unless
   * {@link EnumerateCall.askMultipathd} is set.
   */
  enumerate(call?: EnumerateCall): Promise<BlockTopology>
  /**
   * Checks whether this host is ready for attaches, with the directories of this attacher, as {@link doctor} does.
   * @throws {@link BrickworkError} `ERR_INVALID_ARGUMENT` for a wrong connection or time limit
   */
  doctor(call?: DoctorCall): Promise<DoctorReport>
  /**
   * Yields the topology now, and again after each change. Kernel events announce most changes. Brickwork finds others (states of
   * transports, mounts) by a query every two seconds. Begins, waits and ends as {@link Attacher.watch} does: a slow reader gets the newest
   * topology, not each one.
   */
  follow(call?: Call): EventStream<BlockTopology>
  /**
   * Yields the events of this attacher's operations from now on, until the signal aborts or the attacher closes. Of more than 10,000 events
   * that a reader has not read, the oldest are dropped: an event of type `missed` then says how many.
   */
  events(call?: { readonly signal?: AbortSignal | undefined }): EventStream<OperationEvent>
  /**
   * Yields the health of attached volumes: first those that are not healthy, then each change, as the kernel announces it. For a single
   * disk it reports only the removal. The kernel announces no change of an NVMe path: Brickwork looks every second. It begins with the first read. A slow reader gets the health that a volume has then, not each change
   * before. It ends when the signal aborts, after `timeoutMs` (here without a default), or when the attacher closes.
   */
  watch(call?: Call): EventStream<HealthEvent>
  /**
   * Closes the attacher. It waits for running operations, ends its streams, and resolves pending logins; late paths are cancelled or awaited.
   * Volumes stay attached.
   * @throws {@link BrickworkError} `ERR_TIMEOUT` if work is still in progress after `timeoutMs`. The work continues, and the attacher takes
   * no further calls.
   */
  close(call?: CloseCall): Promise<void>
}
