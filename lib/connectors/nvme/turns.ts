/** One connect of an attach at a time, so that the first one of every attach comes before the second one of any. */
import { Semaphore } from '../../core/semaphore.js'
import type { Operation } from '../../operation/operation.js'

export function inTurnOf({ signal }: Operation): <T>(run: () => Promise<T>) => Promise<T> {
  const turns = new Semaphore(1)
  return async (run) => {
    const turn = await turns.take(signal)
    try {
      return await run()
    } finally {
      turn[Symbol.dispose]()
    }
  }
}
