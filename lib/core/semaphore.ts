import { until } from './signal.js'

/**
 * Limits the holders to `size`. Waiters are served in order of arrival, and leave the queue when their signal aborts. `H` describes a
 * holder for those who wait.
 */
export class Semaphore<H = never> {
  readonly #waiting: (() => void)[] = []
  readonly #holders = new Set<{ readonly who: H }>()
  #free: number

  constructor(size: number) {
    this.#free = size
  }
  /** Those that said who they are, the longest holder first. */
  get holders(): readonly H[] {
    return Array.from(this.#holders, ({ who }) => who)
  }
  /** @param who is called when the place is taken */
  async take(signal: AbortSignal, who?: () => H): Promise<Disposable> {
    signal.throwIfAborted()
    if (this.#free > 0) this.#free -= 1
    else await this.#wait(signal)
    const holder = who && { who: who() }
    if (holder !== undefined) this.#holders.add(holder)
    let held = true
    return {
      [Symbol.dispose]: () => {
        if (!held) return
        held = false
        if (holder !== undefined) this.#holders.delete(holder)
        this.#give()
      },
    }
  }
  async #wait(signal: AbortSignal): Promise<void> {
    let turn = (): void => undefined
    const called = new Promise<void>((resolve) => {
      turn = resolve
    })
    this.#waiting.push(turn)
    try {
      await until(called, signal)
    } catch (error) {
      const place = this.#waiting.indexOf(turn)
      if (place >= 0) this.#waiting.splice(place, 1)
      else this.#give() // the turn and the abort came in the same tick: pass the turn on
      throw error
    }
  }
  #give(): void {
    const next = this.#waiting.shift()
    if (next === undefined) this.#free += 1
    else next()
  }
}
