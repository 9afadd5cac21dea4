import type { Host } from '../core/host.js'
import { LinkedSignal, NOT_NEEDED } from '../core/signal.js'

/** A wait this long is reported. */
const LONG_MS = 1000

interface RunningWait {
  readonly from: number
  /** `isOver`: whether the wait has ended in the meantime. */
  readonly report: (isOver: () => boolean) => Promise<void>
  reported: boolean
}

/**
 * The waits of one operation. An attach waits for dozens of locks, nearly all of which are free: one timer watches over all of its waits,
 * and is not set again for each.
 */
export class LongWaits {
  readonly #host: Pick<Host, 'clock' | 'log'>
  readonly #running = new Set<RunningWait>()
  #timer: LinkedSignal | undefined
  #ended = false

  constructor(host: Pick<Host, 'clock' | 'log'>) {
    this.#host = host
  }
  /** A wait begins. `report` runs if it takes long. Returns the function that ends the wait. */
  begin(report: RunningWait['report']): () => void {
    const wait: RunningWait = { from: this.#host.clock.now(), report, reported: false }
    this.#running.add(wait)
    if (this.#timer === undefined) this.#watch(LONG_MS)
    return () => {
      this.#running.delete(wait)
      this.#rest()
    }
  }
  /** The operation has ended. What it has left to others may still wait. */
  end(): void {
    this.#ended = true
    this.#rest()
  }

  #rest(): void {
    if (!this.#ended || this.#running.size > 0) return
    this.#timer?.abort(NOT_NEEDED)
    this.#timer = undefined
  }
  #watch(ms: number): void {
    const timer = new LinkedSignal()
    this.#timer = timer
    this.#host.clock.sleep(ms, timer.signal).then(
      () => this.#report(),
      () => undefined,
    )
  }
  #report(): void {
    this.#timer = undefined
    const now = this.#host.clock.now()
    const due = [...this.#running].filter(({ from, reported }) => !reported && now - from >= LONG_MS)
    for (const wait of due) {
      wait.reported = true
      wait.report(() => !this.#running.has(wait)).catch((error: unknown) => this.#host.log.warn({ error }, 'could not report a wait'))
    }
    const next = [...this.#running].find(({ reported }) => !reported)
    if (next !== undefined) this.#watch(next.from + LONG_MS - now)
  }
}
