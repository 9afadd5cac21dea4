/** Options and result of a heal. */
import type { ErrorCode } from '../core/errors.js'
import type { Call, StepTiming } from './call.js'
import type { ConnectionAuth } from './connection.js'

/** Options of {@link Attacher.heal}. */
export interface HealCall extends Call {
  /**
   * Returns the credentials of the connection, if the host has none of them any more, or if a target has refused those that it has. A heal
   * calls it at most once for each attachment. Default: such a path fails with `ERR_AUTHENTICATION`.
   */
  readonly refreshSecrets?: (() => Promise<ConnectionAuth>) | undefined
}
/** Result of {@link Attacher.heal}. */
export interface HealReport {
  /** One entry for each attachment that was looked at. */
  readonly attachments: readonly HealedAttachment[]
}
/** What a heal did for one attachment. */
export interface HealedAttachment {
  /** Id of the attachment. */
  readonly id: string
  /** Device node of the volume: `/dev/dm-3`. */
  readonly device: string
  /**
   * One entry for each path that the connection names. For a single disk only the path that it uses: an attach over a single path takes no
   * second one. Empty if the protocol has no paths, or if there is an `error`.
   */
  readonly paths: readonly HealedPath[]
  /** Why no path could be tried. Absent if they were tried. */
  readonly error?: PathError
  /** Duration of each step. */
  readonly timings: readonly StepTiming[]
}
/** What a heal did for one path. */
export interface HealedPath {
  /** The path in a few words, as events and errors name it. */
  readonly path: string
  /**
   * - `added`: it was missing or down, and takes I/O now
   * - `already`: it took I/O already
   * - `failed`: it does not take I/O. What the heal had created for it was removed again
   */
  readonly action: 'added' | 'already' | 'failed'
  /** Device node of the path: `/dev/sdb`. Absent if it has none. */
  readonly device?: string
  /** Why it failed. */
  readonly error?: PathError
}
/** Why something failed: code and message of the error. */
export interface PathError {
  /** Code of the error. */
  readonly code: ErrorCode
  /** The reason for people. */
  readonly message: string
}
