/** What a detach answers. */
import type { ErrorCode } from '../core/errors.js'
import type { StepTiming } from './call.js'

export interface DetachReport {
  readonly id: string | null
  /** `partial` is thrown as `ERR_DETACH_INCOMPLETE`, with this report in `details.report`. */
  readonly outcome: 'released' | 'already-released' | 'partial'
  /** What the detach checked afterwards, and what it found. */
  readonly checks: readonly ReleaseCheck[]
  /** What stays because somebody else uses it, with the reason. */
  readonly kept: readonly Kept[]
  readonly remaining: readonly Leftover[]
  /** Something was overridden. */
  readonly dataLossPossible: boolean
  /** Each reason to refuse the detach that was overridden: a failed flush, a program that has the device open. */
  readonly overridden: readonly Overridden[]
  readonly timings: readonly StepTiming[]
}
export interface ReleaseCheck {
  readonly what: string
  readonly ok: boolean
}
export interface Kept {
  readonly what: string
  readonly reason: string
}
export interface Leftover {
  readonly what: string
  readonly reason: string
}
/** By `force`, by `onNoPaths: 'fail-io'`, or because the device shows another volume by now. */
export interface Overridden {
  /** The step that met it: `check-paths`, `check-users`, `verify`, `flush`. */
  readonly step: string
  readonly what: string
  /** What the detach would have failed with. */
  readonly code: ErrorCode
  readonly reason: string
}
