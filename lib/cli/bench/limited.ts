import type { LinkedSignal } from '../../core/signal.js'

/**
 * Does the work for each item, at most `most` at once. After the first failure nothing is begun any more and `stop` is aborted. It waits for
 * all that was begun.
 * @returns the failures, the first one first
 */
export async function limited<T>(
  items: readonly T[],
  most: number,
  stop: LinkedSignal,
  work: (item: T) => Promise<void>,
): Promise<readonly unknown[]> {
  const left = [...items]
  const failures: unknown[] = []
  const lane = async () => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) {
      try {
        stop.signal.throwIfAborted()
        await work(item)
      } catch (error) {
        left.length = 0
        failures.push(error)
        stop.abort(error)
      }
    }
  }
  await Promise.all(Array.from({ length: most }, lane))
  return failures
}
