import { until } from './signal.js'

/** Limits the holders to `size`. Waiters are served in order of arrival, and leave the queue when their signal aborts. */
export class Semaphore {
  readonly #waiting: (() => void)[] = []
  #free: number

  constructor(size: number) {
    this.#free = size
  }
  async take(signal: AbortSignal): Promise<Disposable> {
    signal.throwIfAborted()
    if (this.#free > 0) this.#free -= 1
    else await this.#wait(signal)
    let held = true
    return {
      [Symbol.dispose]: () => {
        if (held) this.#give()
        held = false
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
