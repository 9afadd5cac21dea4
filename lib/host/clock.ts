import type { Clock } from '../core/host.js'
import { onAbort } from '../core/signal.js'

/** Above this Node.js fires a timer at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1

/** What the kernel calls CLOCK_MONOTONIC when the process began: Node.js counts from there. */
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
}

/** A timer waits at least a millisecond; no time at all is only a turn for everybody else. */
function after(ms: number, act: () => void): () => void {
  if (ms <= 0) {
    const immediate = setImmediate(act)
    return () => clearImmediate(immediate)
  }
  const timer = setTimeout(act, Math.min(ms, LONGEST_TIMER_MS))
  return () => clearTimeout(timer)
}
