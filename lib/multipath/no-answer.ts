/** Commands to multipathd that are repeated until they have had their effect. */
import { BrickworkError, isBrickworkError } from '../core/errors.js'
import { type Asked, askedMultipathd } from '../linux/multipath/daemon.js'
import type { Operation } from '../operation/operation.js'

/** Sends a command. `effect`: what the host looks like without an answer, for the error. */
export type Ask = (command: string, effect: string) => Promise<void>

/**
 * Runs `work`, which sends commands to multipathd.
 * @throws `ERR_DAEMON_UNREACHABLE` instead of `ERR_TIMEOUT` when multipathd had not answered the last command at the deadline.
 */
export async function withAnswers<T>(operation: Operation, work: (ask: Ask) => Promise<T>): Promise<T> {
  let last: { readonly command: string; readonly effect: string; readonly answer: Asked } | undefined
  const ask: Ask = async (command, effect) => {
    last = { command, effect, answer: 'no-answer' }
    last = { command, effect, answer: await askedMultipathd(operation.host, command, operation.signal) }
  }
  try {
    return await work(ask)
  } catch (error) {
    if (last?.answer !== 'no-answer' || !operation.signal.aborted || !isBrickworkError(error, 'ERR_TIMEOUT')) throw error
    const { command, effect } = last
    throw new BrickworkError(
      'ERR_DAEMON_UNREACHABLE',
      `multipathd does not answer, so ${effect}. Check that it runs and that its socket is reachable (systemctl status multipathd)`,
      { details: { command }, cause: error },
    )
  }
}
