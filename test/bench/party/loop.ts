/** Measures how late callbacks of this process's event loop run. */
import { monitorEventLoopDelay } from 'node:perf_hooks'

/** Milliseconds beyond the requested time. */
export interface Delay {
  readonly p50: number
  readonly p99: number
  readonly max: number
}

const RESOLUTION_MS = 10
const NS = 1e6

export function watchLoop(): () => Delay {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  delay.enable()
  return () => {
    delay.disable()
    // The histogram measures the time from one tick to the next.
    const above = (ns: number) => Math.round(Math.max(0, ns / NS - RESOLUTION_MS) * 10) / 10
    return { p50: above(delay.percentile(50)), p99: above(delay.percentile(99)), max: above(delay.max) }
  }
}
