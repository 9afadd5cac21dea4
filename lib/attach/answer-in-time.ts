import type { Deadline } from '../core/deadline.js'
import { BrickworkError, isBrickworkError } from '../core/errors.js'
import type { Operation } from '../operation/operation.js'

/**
 * The outcome of the work; or, a moment after the deadline, an error: nobody waits longer than they asked to for something that does not
 * stop when it is told to. The work keeps its turn and its lock, and goes on by itself.
 */
export async function answerInTime<T>(operation: Operation, deadline: Deadline, work: Promise<T>): Promise<T> {
  const ended = work.finally(() => deadline[Symbol.dispose]())
  return await Promise.race([ended, deadline.overdue().then(() => goesOn(operation, deadline, ended))])
}

function goesOn({ host, entry: { id }, failure, touched }: Operation, { timeoutMs }: Deadline, ended: Promise<unknown>): never {
  ended.then(
    () => host.log.warn({ id }, 'what was under way when the time was over has ended'),
    (error: unknown) => host.log.warn({ id, error }, 'what was under way when the time was over has ended'),
  )
  const late = `Not done within ${timeoutMs} ms, and what is under way does not stop; the log tells when it has ended`
  const answer = isBrickworkError(failure) ? failure : new BrickworkError('ERR_TIMEOUT', late, { details: { timeoutMs } })
  throw answer.with({ sideEffects: touched ? 'pending' : 'none' })
}
