/** What callers of an attacher pass and get: plain data. */
import type { Connection, ConnectionAuth } from './connection.js'
import type { DetachReport } from './detach-report.js'
import type { HealthEvent, OperationEvent } from './events.js'
import type { BlockTopology } from './topology.js'
import type { HostIdentity } from './identity.js'
import type { RecoverCall, RecoveryReport } from './recovery.js'
import type { Call, StepTiming } from './call.js'
import type { Policy } from './policy.js'
import type { Attachment, AttachmentOf, AttachmentSummary, AttachRequest, Holder } from './attachment.js'

export interface AttachCall extends Call {
  /**
   * Called at most once in an attach, when a target has refused the credentials of the connection (`connection.auth`). Its answer is tried once
   * more on each path that was refused, and used for paths that come later. It is never recorded, except in the file that the transport's own daemon needs.
   */
  readonly refreshSecrets?: () => Promise<ConnectionAuth>
}

export interface DetachCall extends Call {
  /** Also from programs that merely have the device open, and without what cannot be flushed. Default false. */
  readonly force?: boolean
  /** What happens to a map without a live path. Default: as the attach said, else as the attacher's policy does. */
  readonly onNoPaths?: Policy['onNoPaths']
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

export interface Inspection extends AttachmentSummary {
  readonly connection: Connection
  /** The volume in words, a line for each path that the connection names. */
  readonly volume: readonly string[]
  readonly attachment: Attachment | null
  /** Who has the device open or uses it. */
  readonly holders: readonly Holder[]
  /** Where the search for users was not possible, with the reason. */
  readonly unseen: readonly string[]
}
export interface CloseCall {
  /** What becomes of paths that are still on their way: they are cancelled, or awaited until the deadline of their attach. Default `give-up`. */
  readonly latePaths?: 'give-up' | 'wait'
  /** The call answers by then. Default: it waits for as long as work is under way. */
  readonly timeoutMs?: number
}
export interface Attacher extends AsyncDisposable {
  /** Attaches the volume to this host, verifies its identity and returns its device. Idempotent. */
  attach<C extends Connection>(request: AttachRequest<C>, call?: AttachCall): Promise<AttachmentOf<C>>
  /** Detaches the volume and reports what was checked. Succeeds with `already-released` when nothing is attached. */
  detach(ref: string | { readonly connection: Connection }, call?: DetachCall): Promise<DetachReport>
  /**
   * Has the host see the size that the volume has now: every path, then the map. What is on the volume is not touched.
   * @throws `ERR_RESIZE_NOT_CONVERGED` while a path is down or shows another size: repeat it later. Also when another program made the map, and
   * the map has not got the new size within 5 s: only that program resizes it, and `details.layers` says which size it has now.
   * `ERR_UNSUPPORTED` when the volume has become smaller.
   */
  resize(ref: string | { readonly connection: Connection }, call?: ResizeCall): Promise<ResizeReport>
  list(call?: Call): Promise<readonly AttachmentSummary[]>
  inspect(ref: string | { readonly connection: Connection }, call?: Call): Promise<Inspection>
  /**
   * Finishes or rolls back interrupted operations, resolves pending logins, and removes orphans that this owner provably created.
   * Nothing that is in use is removed. Safe to repeat, and while other operations run. What is not possible is reported as `left`.
   */
  recover(call?: RecoverCall): Promise<RecoveryReport>
  identity(call?: Call): Promise<HostIdentity>
  /** What this host has of storage, and what belongs to what. Asks no device and no daemon. */
  enumerate(call?: Call): Promise<BlockTopology>
  /**
   * The topology now, and again after each change. Kernel events announce most changes. Others (states of transports, mounts) are found by a
   * query every two seconds. Ends as {@link Attacher.watch} does.
   */
  follow(call?: Call): AsyncIterable<BlockTopology>
  /** What happens from now on, until the signal aborts or the attacher closes. */
  events(call?: { readonly signal?: AbortSignal }): AsyncIterable<OperationEvent>
  /**
   * The health of attached volumes: first those that are not healthy, then each change, by the kernel's events. For a single disk, only its
   * removal is reported. Ends with the signal, with the time of `timeoutMs` (which has no default here), or when the attacher closes.
   */
  watch(call?: Call): AsyncIterable<HealthEvent>
  /**
   * Waits for running operations and resolves pending logins. Late paths are cancelled, or awaited until the deadline of their attach.
   * @throws `ERR_TIMEOUT` when something is still under way after `timeoutMs`: it goes on, and the attacher is closed for further calls.
   */
  close(call?: CloseCall): Promise<void>
}
