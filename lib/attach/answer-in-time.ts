import type { Deadline } from '../core/deadline.js'
import { BrickworkError, isBrickworkError } from '../core/errors.js'
import type { Operation } from '../operation/operation.js'

/**
 * The outcome of the work, or an error soon after the deadline: a call doesn't wait for work that cannot be cancelled. Such work continues
 * in the background and keeps its place in the queue and its lock until it ends.
 */
export async function answerInTime<T>(operation: Operation, deadline: Deadline, work: Promise<T>): Promise<T> {
  const ended = work.finally(() => deadline[Symbol.dispose]())
  return await Promise.race([ended, deadline.overdue().then(() => goesOn(operation, deadline, ended))])
}

function goesOn({ host, claim, progress, failure }: Operation, { timeoutMs }: Deadline, ended: Promise<unknown>): never {
  const { id } = claim.entry
  ended.then(
    () => host.log.warn({ id }, 'work that continued after the deadline has ended'),
    (error: unknown) => host.log.warn({ id, error }, 'work that continued after the deadline has ended'),
  )
  const late = `Not done within ${timeoutMs} ms. Work continues in the background; the log reports its end`
  const answer = isBrickworkError(failure) ? failure : new BrickworkError('ERR_TIMEOUT', late, { details: { timeoutMs } })
  const { current } = progress
  const step = answer.step === undefined && current !== undefined ? { step: current } : {}
  throw answer.with({ ...step, sideEffects: claim.touched ? 'pending' : 'none' })
}
