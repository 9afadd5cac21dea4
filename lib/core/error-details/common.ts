/** Details that errors of several codes have. */
import type { ErrorCode } from '../error-codes.js'
import type { PendingWork, WaitHolder } from '../error-data.js'

/** Details that an error of any code may have. */
export type CommonDetails = {
  /** Why the rollback is incomplete (`sideEffects: 'left'`). */
  readonly undo?: {
    /** Why the rollback failed. */
    readonly code: ErrorCode
    /** What could not be removed, for people. */
    readonly message: string
  }
  /** The work that is still in progress (`sideEffects: 'pending'`). */
  readonly pending?: readonly PendingWork[]
}
/** A field of a request that is wrong. */
export interface FieldProblem {
  /** The field: `request.connection.targets[0].lun`. */
  readonly field: string
  /** What is wrong with it. It never contains the value, which may be a misplaced secret. */
  readonly message: string
}
/** What a program of the host answered. */
export type ProgramDetails = {
  /** Exit code of the program. */
  readonly exitCode?: number | null
  /** What it wrote to standard error, or the end of it. */
  readonly stderr?: string
}
/** The wait that the error has ended. */
export type WaitDetails = {
  /** What was awaited: a lock, a place among the operations of a limit, or an answer. */
  readonly awaited?: string
  /** How long a lock or a place was awaited, in milliseconds. */
  readonly waitedMs?: number
  /** Who had the lock or the places then, the longest holder first; at most eight. */
  readonly heldBy?: readonly WaitHolder[]
}
/** A system call that failed. */
export type SystemCallDetails = {
  /** Name of the error: `EIO`. */
  readonly errno?: string | undefined
  /** Name of the system call. */
  readonly syscall?: string | undefined
  /** File, device or directory of the call. */
  readonly path?: string | undefined
}
/** Where a path to a volume failed. */
export type PlaceDetails = {
  /** The portal. */
  readonly portal?: string
  /** The target's name. */
  readonly target?: string
  /** The path in a few words. */
  readonly path?: string
  /** The device: `/dev/sdb`. */
  readonly device?: string
}
