/** An error in words for people, or as a document for programs. */
import { isBrickworkError, type SideEffects } from '../../core/errors.js'
import type { ErrorDocument } from '../documents.js'
import { type Line, toned } from './toned.js'

export const STATE_OF_HOST: Readonly<Record<SideEffects, string>> = {
  none: 'nothing was changed on this host',
  undone: 'everything that was created was rolled back',
  pending: 'a login or another request is still pending; it is resolved before this command ends',
  left: 'something was left behind; `brickwork recover` tries again',
}

export function failureLines(error: unknown, verbose: boolean): Line[] {
  if (!isBrickworkError(error)) {
    const said = error instanceof Error ? error.message : String(error)
    return [
      ['brickwork: ', toned('bad', 'unexpected error'), `: ${said}`],
      ...(verbose && error instanceof Error ? [error.stack ?? ''] : []),
    ]
  }
  const { code, message, step, sideEffects, retryable, details } = error
  if (typeof details['argument'] === 'string') {
    const command = typeof details['command'] === 'string' ? `${details['command']} ` : ''
    return [`brickwork: ${message}`, `See \`brickwork ${command}--help\`.`]
  }
  return [
    ['brickwork: ', toned('bad', code), `: ${message}`],
    ...(step === undefined ? [] : [`  step: ${step}`]),
    ...(code === 'ERR_INVALID_ARGUMENT' ? [] : [`  host: ${STATE_OF_HOST[sideEffects]}`]),
    ...(retryable ? ['  the same command may succeed later'] : []),
  ]
}

export function failureDocument(error: unknown): ErrorDocument {
  if (!isBrickworkError(error)) {
    // A defect of Brickwork: the state of the host is unknown, so report the worst.
    const message = error instanceof Error ? error.message : String(error)
    return { error: { code: 'ERR_INTERNAL', message, sideEffects: 'left', retryable: false, details: {} } }
  }
  const { code, message, sideEffects, retryable, details, step, volume, attempts } = error
  return {
    error: {
      code,
      message,
      sideEffects,
      retryable,
      details,
      ...(step === undefined ? {} : { step }),
      ...(volume === undefined ? {} : { volume }),
      ...(attempts.length === 0 ? {} : { attempts }),
    },
  }
}
