import type { StepName } from './events.js'

/** Options that every call takes. */
export interface Call {
  /** Ends the call early: it rolls back what it created, then rejects with `ERR_ABORTED`. */
  readonly signal?: AbortSignal | undefined
  /**
   * Time limit in milliseconds, from 1 to 86,400,000. The call returns at most 0.5 s later. A part of the time is reserved for the rollback.
   * @default 60_000
   */
  readonly timeoutMs?: number | undefined
}
/** Duration of one step of an operation. */
export interface StepTiming {
  /** Name of the step. */
  readonly step: StepName
  /** Milliseconds from the start of the operation to the start of the step. */
  readonly startMs: number
  /** Duration in milliseconds. */
  readonly ms: number
  /** Path that the step belongs to; absent if it belongs to the whole operation. */
  readonly path?: string
}
