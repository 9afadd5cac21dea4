import { BrickworkError } from '../core/errors.js'

/** An invalid command line. `argument` is the wrong or missing word, `command` the command whose help explains it. */
export function usageError(argument: string, message: string, command?: string): BrickworkError {
  return new BrickworkError('ERR_INVALID_ARGUMENT', message, { details: { argument, ...(command === undefined ? {} : { command }) } })
}
