import { addAbortListener } from 'node:events'

import type { Clock } from '../core/host.js'

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
      const timer = setTimeout(
        () => {
          link[Symbol.dispose]()
          resolve()
        },
        Math.min(Math.max(0, ms), LONGEST_TIMER_MS),
      )
      const link = addAbortListener(signal, () => {
        clearTimeout(timer)
        reject(signal.reason as Error)
      })
    })
  },
}
