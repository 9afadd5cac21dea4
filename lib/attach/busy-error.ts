import { BrickworkError } from '../core/errors.js'
import { secondsInWords, waitInWords } from '../core/waiting-words.js'
import type { Operation } from '../operation/operation.js'
import { waitOf } from '../operation/ended-wait.js'

/** The operation had no turn before its deadline. */
export function busyError({ claim, host }: Operation, timeout: BrickworkError<'ERR_TIMEOUT'>): BrickworkError {
  const wait = waitOf(timeout)
  const { awaited, waitedMs = 0, heldBy = [] } = wait
  const why =
    awaited === undefined
      ? 'another operation is running'
      : `waited ${secondsInWords(waitedMs)} for ${waitInWords(awaited, heldBy, host.clock.wallMs())}`
  return new BrickworkError('ERR_BUSY', `${JSON.stringify(claim.entry.id)} is busy: ${why}`, {
    step: 'admit',
    details: wait,
    cause: timeout,
  })
}
