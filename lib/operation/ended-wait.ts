/** The wait that an error has ended. */
import type { WaitDetails } from '../core/error-details/common.js'
import { type BrickworkError, isBrickworkError } from '../core/errors.js'
import { secondsInWords, waitInWords } from '../core/waiting-words.js'

/** What was awaited when the time was over, or when the caller ended the call. */
export type EndedWait = Required<WaitDetails>

/** Whether the error is the reason of a signal that ends work. */
export function endsWork(error: unknown): error is BrickworkError<'ERR_TIMEOUT'> | BrickworkError<'ERR_ABORTED'> {
  return isBrickworkError(error, 'ERR_TIMEOUT') || isBrickworkError(error, 'ERR_ABORTED')
}
/** What the error says about the wait that it has ended. */
export function waitOf({ details: { awaited, waitedMs, heldBy } }: { readonly details: WaitDetails }): WaitDetails {
  return waitedMs === undefined || awaited === undefined ? {} : { awaited, waitedMs, heldBy: heldBy ?? [] }
}

/** The error, with the wait that it has ended. */
export function explained(error: BrickworkError, ended: EndedWait, wallMs: number): BrickworkError {
  const { awaited, waitedMs, heldBy } = ended
  const why = `it waited ${secondsInWords(waitedMs)} for ${waitInWords(awaited, heldBy, wallMs)}`
  return error.with({ message: `${error.message}: ${why}`, details: { ...ended } })
}
