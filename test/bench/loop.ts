/** Measures how late callbacks of an event loop run: in this process, and in an idle process beside it. */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { fileURLToPath } from 'node:url'

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

/** A process that only measures its own loop. */
export class IdleProcess {
  readonly #child: ChildProcess = fork(fileURLToPath(import.meta.url), ['idle'])

  begin(): void {
    this.#child.send('begin')
  }
  async end(): Promise<Delay> {
    const answer = once(this.#child, 'message')
    this.#child.send('end')
    const [delay] = (await answer) as [Delay]
    return delay
  }
}

if (process.argv[2] === 'idle' && process.send !== undefined) {
  let end: (() => Delay) | undefined
  process.on('message', (what) => {
    if (what === 'begin') end = watchLoop()
    else process.send?.(end?.())
  })
}
