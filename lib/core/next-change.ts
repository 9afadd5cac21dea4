import { until } from './signal.js'

/** Wakes those who have checked a state and wait until it changes. */
export class NextChange {
  #wake: () => void = () => undefined
  #changed = this.#next()

  /** Get it before you check the state, and await it afterwards. It resolves at the first change since then. */
  get wait(): (signal: AbortSignal) => Promise<void> {
    const changed = this.#changed
    return (signal) => until(changed, signal)
  }
  /** The next promise is there before the change is reported, so that no change falls between two waits. */
  report(): void {
    const wake = this.#wake
    this.#changed = this.#next()
    wake()
  }
  #next(): Promise<void> {
    return new Promise((resolve) => (this.#wake = resolve))
  }
}
