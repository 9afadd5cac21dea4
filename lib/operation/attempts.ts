/** Failures of single paths, and the error when no path is left. */
import type { Operation } from './operation.js'
import { type Attempt, BrickworkError, type ErrorCode, isBrickworkError } from '../core/errors.js'

/** The error of an attach without any path has the first of these codes that occurred: the most informative comes first. */
const PATH_FAILURES: readonly ErrorCode[] = [
  'ERR_IDENTITY_MISMATCH',
  'ERR_IDENTITY_UNKNOWN',
  'ERR_AUTHENTICATION',
  'ERR_PATH_INACCESSIBLE',
  'ERR_LUN_NOT_FOUND',
  'ERR_TARGET_REFUSED',
  'ERR_TARGET_NOT_FOUND',
  'ERR_CONFLICT',
  'ERR_TARGET_UNREACHABLE',
]
/** Details of the errors behind attempts. They are no part of what a caller gets of each path. */
const detailsOf = new WeakMap<Attempt, BrickworkError['details']>()
/** With a single path, these end the attach: no other path can show which volume is right. */
const IDENTITY: readonly ErrorCode[] = ['ERR_IDENTITY_MISMATCH', 'ERR_IDENTITY_UNKNOWN']

/** Turns the failure of a path into an attempt, so that other paths are tried. Rethrows errors that end the whole operation. */
export function toAttempt(operation: Operation, path: string, error: unknown, several: boolean): Attempt {
  const isAnswer = isBrickworkError(error) && PATH_FAILURES.includes(error.code) && (several || !IDENTITY.includes(error.code))
  if (operation.signal.aborted || !isAnswer) throw error
  return attemptOf(operation, path, error)
}
/** @throws `error` itself when it is `ERR_INTERNAL`, a defect of Brickwork: then nothing more is changed on the host. */
export function attemptOf({ progress }: Operation, path: string, error: BrickworkError): Attempt {
  const { code, message, details, step = progress.ofPath(path) ?? 'resolve-paths' } = error
  if (code === 'ERR_INTERNAL') throw error
  const attempt = { path, step, code, message }
  detailsOf.set(attempt, details)
  return attempt
}

export function allFailed(attempts: readonly Attempt[]): BrickworkError {
  const code = PATH_FAILURES.find((each) => attempts.some((attempt) => attempt.code === each)) ?? 'ERR_TARGET_UNREACHABLE'
  const tried = attempts.length === 1 ? '' : `, ${attempts.length} tried`
  const deciding = attempts.find((attempt) => attempt.code === code)
  const failed = pathsFailed(code, `No path to the volume${tried}`, attempts, deciding)
  const details = deciding === undefined ? undefined : detailsOf.get(deciding)
  return details === undefined ? failed : failed.with({ details })
}
export function tooFew(good: number, total: number, min: number, attempts: readonly Attempt[]): BrickworkError {
  const message = `${good} of ${total} paths came up, but policy.paths.min is ${min}`
  return pathsFailed('ERR_MULTIPATH_NOT_FORMED', message, attempts, attempts[0])
}
function pathsFailed(code: ErrorCode, message: string, attempts: readonly Attempt[], deciding: Attempt | undefined): BrickworkError {
  const step = deciding === undefined ? {} : { step: deciding.step }
  return new BrickworkError(code, attempts.length === 0 ? message : `${message}: ${reasons(attempts)}`, { ...step, attempts })
}
/** Each reason once, with the paths that failed for it: in the place where the reason names its path, else before the reason. */
function reasons(attempts: readonly Attempt[]): string {
  const byReason = new Map<string, string[]>()
  for (const { path, message } of attempts) {
    const reason = message.replace(path, PLACE)
    byReason.set(reason, [...(byReason.get(reason) ?? []), path])
  }
  return [...byReason].map(([reason, paths]) => said(reason, paths.join(', '))).join('; ')
}
/** Stands for the path in a reason. */
const PLACE = '\0'
const said = (reason: string, paths: string) => (reason.includes(PLACE) ? reason.replace(PLACE, () => paths) : `${paths}: ${reason}`)
