import type { Clock } from '../../core/host.js'
import { onAbort } from '../../core/signal.js'
import { callerOf } from './spin-guard.js'
import { Timeline } from './timeline.js'

/** 2026-01-01T00:00:00Z */
const WALL_EPOCH_MS = 1_767_225_600_000

/** The Clock port on virtual time. By default a sleep ends by itself, as soon as nothing else is going on. */
export class FakeClock implements Clock {
  readonly #timeline: Timeline
  readonly #sleeps = new Set<() => void>()
  #stopped = false

  /** For FakeHost. Without a timeline, the clock has a virtual time of its own. */
  constructor(timeline: Timeline = new Timeline()) {
    this.#timeline = timeline
  }
  /** Virtual milliseconds since the machine was made. */
  now(): number {
    return this.#timeline.now
  }
  /** Milliseconds since 1970, beginning on 1 January 2026. */
  wallMs(): number {
    return WALL_EPOCH_MS + this.#timeline.now
  }
  /** Resolves after so many virtual milliseconds; rejects when the signal aborts. */
  sleep(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#stopped) return
      if (signal.aborted) {
        reject(signal.reason as Error)
        return
      }
      const end = (): void => {
        this.#sleeps.delete(end)
        this.#timeline.endWait()
        timer.cancel()
        link[Symbol.dispose]()
      }
      const timer = this.#timeline.after(ms, () => {
        end()
        resolve()
      })
      const link = onAbort(signal, () => {
        end()
        reject(signal.reason as Error)
      })
      this.#sleeps.add(end)
      this.#timeline.beginWait(() => callerOf(`sleep(${ms})`))
    })
  }
  /** Nothing: a wait of a process that has died would keep the test's process alive. */
  keepAlive(): Disposable {
    return { [Symbol.dispose]: () => undefined }
  }

  /** Sleeps that have neither ended nor been aborted; 0 when the code under test has cleaned up. */
  get sleeping(): number {
    return this.#sleeps.size
  }
  /** Whether the time jumps by itself when a call waits and nothing else is going on. Default true. */
  get auto(): boolean {
    return this.#timeline.auto
  }
  /** Stops the jumps, or lets the time jump again. */
  set auto(on: boolean) {
    this.#timeline.auto = on
  }
  /** Advances the time by `ms`, and runs everything that is due within it. */
  async advance(ms: number): Promise<void> {
    await this.#timeline.advance(ms)
  }
  /** Ends all sleeps, now and later, without an answer: the process has died. @internal */
  stop(): void {
    this.#stopped = true
    for (const end of [...this.#sleeps]) end()
  }
}
