/** Failures of single paths, and the error when no path is left. */
import type { Operation } from './operation.js'
import { type Attempt, BrickworkError, type ErrorCode, isBrickworkError } from '../core/errors.js'

/** The error of an attach without any path has the first of these codes that occurred: the most informative comes first. */
const PATH_FAILURES: readonly ErrorCode[] = [
  'ERR_IDENTITY_MISMATCH',
  'ERR_IDENTITY_UNKNOWN',
  'ERR_AUTHENTICATION',
  'ERR_LUN_NOT_FOUND',
  'ERR_TARGET_NOT_FOUND',
  'ERR_CONFLICT',
  'ERR_TARGET_UNREACHABLE',
]
/** With a single path, these end the attach: no other path can show which volume is right. */
const IDENTITY: readonly ErrorCode[] = ['ERR_IDENTITY_MISMATCH', 'ERR_IDENTITY_UNKNOWN']

/** Turns the failure of a path into an attempt, so that other paths are tried. Rethrows errors that end the whole operation. */
export function toAttempt(operation: Operation, path: string, error: unknown, several: boolean): Attempt {
  const isAnswer = isBrickworkError(error) && PATH_FAILURES.includes(error.code) && (several || !IDENTITY.includes(error.code))
  if (operation.signal.aborted || !isAnswer) throw error
  return attemptOf(path, error)
}
/** @throws `error` itself when it is `ERR_INTERNAL`, a defect of Brickwork: then nothing more is changed on the host. */
export function attemptOf(path: string, error: BrickworkError): Attempt {
  const { code, message } = error
  if (code === 'ERR_INTERNAL') throw error
  return { path, code, message }
}

export function allFailed(attempts: readonly Attempt[]): BrickworkError {
  const code = PATH_FAILURES.find((each) => attempts.some((attempt) => attempt.code === each)) ?? 'ERR_TARGET_UNREACHABLE'
  const said = attempts.map(({ path, message }) => (message.includes(path) ? message : `${path}: ${message}`)).join('; ')
  return new BrickworkError(code, `No path to the volume (${attempts.length} tried): ${said}`, { attempts })
}
export function tooFew(good: number, total: number, min: number, attempts: readonly Attempt[]): BrickworkError {
  return new BrickworkError('ERR_MULTIPATH_NOT_FORMED', `${good} of ${total} paths came up, but policy.paths.min is ${min}`, { attempts })
}
