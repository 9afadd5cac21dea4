/** What a detach answers. */
import type { ErrorCode } from '../core/errors.js'
import type { StepTiming } from './call.js'

export interface DetachReport {
  readonly id: string | null
  /** `partial` is thrown as `ERR_DETACH_INCOMPLETE`, with this report in `details.report`. */
  readonly outcome: 'released' | 'already-released' | 'partial'
  /** What was looked at afterwards, and what was seen. */
  readonly checks: readonly ReleaseCheck[]
  /** What stays because somebody else uses it, with the reason. */
  readonly kept: readonly Kept[]
  readonly remaining: readonly Leftover[]
  /** Something was overridden. */
  readonly dataLossPossible: boolean
  /** What would have kept what was written from reaching the volume, or somebody from losing his device, and was passed over. */
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
  /** The step that met it: `check-paths`, `check-users`, `prove`, `flush`. */
  readonly step: string
  readonly what: string
  /** What the detach would have failed with. */
  readonly code: ErrorCode
  readonly reason: string
}
