/** Result of a detach. */
import type { Kept, Leftover, Overridden, ReleaseCheck } from '../core/error-data.js'
import type { StepTiming } from './call.js'

export type { Kept, Leftover, Overridden, ReleaseCheck } from '../core/error-data.js'

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
  /**
   * Devices of the volume that the host still shows although it is detached: `/dev/nvme0n1`. Nothing on the host can remove an NVMe namespace
   * while a controller of its subsystem stays; it goes when the storage unmaps it. Absent if there is none.
   */
  readonly stillVisible?: readonly string[] | undefined
  /** Duration of each step. */
  readonly timings: readonly StepTiming[]
}
