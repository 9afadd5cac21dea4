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
  /** Where it could not be looked, with the reason. */
  readonly unseen: readonly string[]
}
export interface Attacher extends AsyncDisposable {
  /** Brings the volume to this host, proves that it is the right one and answers with its device. Idempotent. */
  attach<C extends Connection>(request: AttachRequest<C>, call?: AttachCall): Promise<AttachmentOf<C>>
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
  enumerate(call?: Call): Promise<BlockTopology>
  /**
   * The picture now, and again each time it has changed: by the kernel's events, many at once, and by a look every other second for what no
   * event announces (states of transports, mounts). Ends as {@link Attacher.watch} does.
   */
  follow(call?: Call): AsyncIterable<BlockTopology>
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
