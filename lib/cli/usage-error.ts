import { BrickworkError } from '../core/errors.js'

/** An invalid command line. `argument` is the wrong or missing word. */
export function usageError(argument: string, message: string): BrickworkError {
  return new BrickworkError('ERR_INVALID_ARGUMENT', message, { details: { argument } })
}
