/** Failures of one path, and what they come to when no path is left. */
import type { Operation } from './operation.js'
import { type Attempt, BrickworkError, type ErrorCode, isBrickworkError } from '../core/errors.js'

/** What says most about a volume that no path reaches comes first. */
const PATH_FAILURES: readonly ErrorCode[] = [
  'ERR_IDENTITY_MISMATCH',
  'ERR_IDENTITY_UNKNOWN',
  'ERR_AUTHENTICATION',
  'ERR_LUN_NOT_FOUND',
  'ERR_TARGET_NOT_FOUND',
  'ERR_CONFLICT',
  'ERR_TARGET_UNREACHABLE',
]
/** Of a single path these end the attach: there is no other path to tell what is right. */
const IDENTITY: readonly ErrorCode[] = ['ERR_IDENTITY_MISMATCH', 'ERR_IDENTITY_UNKNOWN']

/** A path that failed is an answer as long as others are to be tried; the end of the whole operation is not. */
export function toAttempt(operation: Operation, path: string, error: unknown, several: boolean): Attempt {
  const isAnswer = isBrickworkError(error) && PATH_FAILURES.includes(error.code) && (several || !IDENTITY.includes(error.code))
  if (operation.signal.aborted || !isAnswer) throw error
  return attemptOf(path, error)
}
/** @throws the error, when it is a defect of our own: nothing more is done to the host then. */
export function attemptOf(path: string, error: BrickworkError): Attempt {
  const { code, message } = error
  if (code === 'ERR_INTERNAL') throw error
  return { path, code, message }
}

export function allFailed(attempts: readonly Attempt[]): BrickworkError {
  const code = PATH_FAILURES.find((each) => attempts.some((attempt) => attempt.code === each)) ?? 'ERR_TARGET_UNREACHABLE'
  const said = attempts.map(({ path, message }) => (message.includes(path) ? message : `${path}: ${message}`)).join('; ')
  return new BrickworkError(code, `No path to the volume: ${said}`, { attempts })
}
export function tooFew(good: number, total: number, min: number, attempts: readonly Attempt[]): BrickworkError {
  return new BrickworkError('ERR_MULTIPATH_NOT_FORMED', `${good} of ${total} paths came up, the policy asks for ${min}`, { attempts })
}
