/** Result of a detach. */
import type { ErrorCode } from '../core/errors.js'
import type { StepTiming } from './call.js'

/** Result of {@link Attacher.detach}. */
export interface DetachReport {
  /** Id of the attachment; `null` if the detach named a connection that is not attached. */
  readonly id: string | null
  /**
   * - `released`: detached
   * - `already-released`: nothing was attached
   * - `partial`: thrown as `ERR_DETACH_INCOMPLETE`, with this report, but for `id` and `timings`, in `details.report`
   */
  readonly outcome: 'released' | 'already-released' | 'partial'
  /** Checks after the removal, with their results. */
  readonly checks: readonly ReleaseCheck[]
  /** Objects that stay because something else uses them, or because they were there before. */
  readonly kept: readonly Kept[]
  /** Objects that should have been removed and were not. */
  readonly remaining: readonly Leftover[]
  /** Whether the detach overrode a reason to refuse it, see `overridden`. Written data may be lost then. */
  readonly dataLossPossible: boolean
  /** Each reason to refuse the detach that was overridden: a failed flush, a program that has the device open. */
  readonly overridden: readonly Overridden[]
  /** Duration of each step. */
  readonly timings: readonly StepTiming[]
}
/** One check after a removal. */
export interface ReleaseCheck {
  /** What was checked, in words. */
  readonly what: string
  /** Whether it was as it should be. */
  readonly ok: boolean
}
/** An object that stays on the host on purpose. */
export interface Kept {
  /** The object, in words: a map, a device. */
  readonly what: string
  /** Why it stays. */
  readonly reason: string
}
/** An object that could not be removed. */
export interface Leftover {
  /** The object, in words. */
  readonly what: string
  /** Why it could not be removed. */
  readonly reason: string
}
/**
 * A reason to refuse the detach that was overridden: by `force`, by `onNoPaths: 'fail-io'`, or because the device shows another volume by
 * now.
 */
export interface Overridden {
  /** The step that found it: `check-paths`, `check-users`, `verify`, `flush`. */
  readonly step: string
  /** The device or object, in words. */
  readonly what: string
  /** Code of the error with which the detach would have failed. */
  readonly code: ErrorCode
  /** Message of that error. */
  readonly reason: string
}
