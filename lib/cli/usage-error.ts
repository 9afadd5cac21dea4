import { BrickworkError } from '../core/errors.js'

/** A command line that can't be carried out; `argument` is the word that is wrong, as it was or should have been typed. */
export function usageError(argument: string, message: string): BrickworkError {
  return new BrickworkError('ERR_INVALID_ARGUMENT', message, { details: { argument } })
}
