import type { Clock } from '../core/host.js'
import { onAbort } from '../core/signal.js'
import { keepAlive } from './keep-alive.js'

/** Node.js fires timers with a longer delay at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1

/** Value of CLOCK_MONOTONIC when this process began. `performance.now()` counts from there. */
const BEGAN_MS = Number(process.hrtime.bigint()) / 1e6 - performance.now()

export const realClock: Clock = {
  now: () => BEGAN_MS + performance.now(),
  wallMs: () => Date.now(),
  async sleep(ms, signal) {
    signal.throwIfAborted()
    await new Promise<void>((resolve, reject) => {
      const cancel = after(ms, () => {
        link[Symbol.dispose]()
        resolve()
      })
      const link = onAbort(signal, () => {
        cancel()
        reject(signal.reason as Error)
      })
    })
  },
  keepAlive,
}

/** Node.js timers wait at least 1 ms. With 0 ms, only lets other work of this process run. */
function after(ms: number, act: () => void): () => void {
  if (ms <= 0) {
    const immediate = setImmediate(act)
    return () => clearImmediate(immediate)
  }
  const timer = setTimeout(act, Math.min(ms, LONGEST_TIMER_MS))
  return () => clearTimeout(timer)
}
