/** Plain data that errors carry. Reports and answers have it too. */
import type { ErrorCode } from './error-codes.js'
import type { StepName } from './step-name.js'

/** A user of a device. */
export interface Holder {
  /**
   * - `mount`: a mount, in any namespace
   * - `swap`: swap
   * - `device`: another device that is built on it
   * - `process`: a program that has it open
   * - `export`: the kernel exports it to other hosts, or a loop device uses it
   * - `exclusive`: an unidentified process has it open exclusively
   * - `unidentified`: device-mapper counts more opens than were found
   */
  readonly kind: 'mount' | 'swap' | 'device' | 'process' | 'export' | 'exclusive' | 'unidentified'
  /** Process id, where a process is known. */
  readonly pid?: number
  /** Name of the process (`/proc/PID/comm`). */
  readonly command?: string
  /** Mount point, device node, subsystem and namespace, … */
  readonly where?: string
  /** `GROUP/VOLUME` of a logical volume, or the name of another device-mapper device. */
  readonly name?: string
}

/** Who has what an operation waits for: a lock, or one of the places of a limit. */
export interface WaitHolder {
  /** Process id, where a process is known. */
  readonly pid?: number
  /** Name of the process (`/proc/PID/comm`). Absent if it was not found. */
  readonly command?: string
  /**
   * Present if this host's `/proc` does not show the process: it was killed and another one is about to take the lock, or it runs in another
   * container.
   */
  readonly gone?: true
  /** The operation that it runs: `attach`, `detach`, … */
  readonly operation?: string
  /** Id of the attachment that the operation is about. */
  readonly id?: string
  /** Owner of that attachment. */
  readonly owner?: string
  /** Since when it has it, in milliseconds since 1970. */
  readonly sinceMs?: number
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
  readonly step: StepName
  /** The device or object, in words. */
  readonly what: string
  /** Code of the error with which the detach would have failed. */
  readonly code: ErrorCode
  /** Message of that error. */
  readonly reason: string
}
/** What a detach that could not remove everything has done: a `DetachReport` without `id` and `timings`. */
export interface PartialDetach {
  /** Always `partial`. */
  readonly outcome: 'partial'
  /** Checks after the removal, with their results. */
  readonly checks: readonly ReleaseCheck[]
  /** Objects that stay because something else uses them, or because they were there before. */
  readonly kept: readonly Kept[]
  /** Objects that should have been removed and were not. */
  readonly remaining: readonly Leftover[]
  /** Whether the detach overrode a reason to refuse it, see `overridden`. */
  readonly dataLossPossible: boolean
  /** Each reason to refuse the detach that was overridden. */
  readonly overridden: readonly Overridden[]
  /** Devices of the volume that the host still shows. Absent if there is none. */
  readonly stillVisible?: readonly string[] | undefined
}

/** Size of one path or map before and after a resize. */
export interface ResizedLayer {
  /** Device node: `/dev/sdb`. */
  readonly device: string
  /** Size in bytes before the call; `null` if the device is missing or did not answer. */
  readonly beforeBytes: number | null
  /** Size in bytes after the call; `null` if the device is missing or did not answer. */
  readonly afterBytes: number | null
}
/** Another attachment on this host. */
export interface AttachmentRef {
  /** Its owner. */
  readonly owner: string
  /** Its id. */
  readonly id: string
}
/** Work that a daemon may still do although the call has failed. */
export interface PendingWork {
  /** Kind of the work: `login`. */
  readonly kind: string
  /** Name of the work, the same in all claims. */
  readonly key: string
  /** When the daemon gives it up at the latest, in milliseconds since 1970. */
  readonly untilMs: number
}
