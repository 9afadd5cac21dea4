/** Exit codes of the command. */
import { errorTable } from '../core/error-table.js'
import { isBrickworkError } from '../core/errors.js'

export const DONE = 0
export const FAILED = 1
/** EX_TEMPFAIL of sysexits.h: the same command may succeed later. */
export const RETRYABLE = 75

/** A defect that threw something else counts as a failure. */
export function exitCodeOf(error: unknown): number {
  if (!isBrickworkError(error)) return FAILED
  const { exitCode } = errorTable[error.code]
  return exitCode === FAILED && error.retryable ? RETRYABLE : exitCode
}
