/** Giving up the record of an attachment. */
import type { Leftover } from '../core/error-data.js'
import type { Call, StepTiming } from './call.js'

/** Options of {@link Attacher.forget}. */
export interface ForgetCall extends Call {
  /**
   * Forgets the attachment although the host still has objects that it created. They stay as they are, and count as orphans from then on.
   * @default false
   */
  readonly leaveRemaining?: boolean | undefined
}
/** Result of {@link Attacher.forget}. */
export interface ForgetReport {
  /** Id of the attachment. */
  readonly id: string
  /** Objects of the attachment that stay on the host, and pending logins; empty unless the call had `leaveRemaining`. */
  readonly remaining: readonly Leftover[]
  /** Duration of each step. */
  readonly timings: readonly StepTiming[]
}
