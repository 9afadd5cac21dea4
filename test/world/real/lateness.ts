/** Measures how long the event loop was blocked, with a timer that should fire every 20 ms. */
const EVERY_MS = 20

export class Lateness {
  #due = performance.now() + EVERY_MS
  #worst = 0

  constructor() {
    setInterval(() => this.#look(), EVERY_MS).unref()
  }
  /** The maximum since the last call, in milliseconds. */
  take(): number {
    this.#look()
    const worst = Math.round(this.#worst)
    this.#worst = 0
    return worst
  }
  #look(): void {
    const now = performance.now()
    this.#worst = Math.max(this.#worst, now - this.#due)
    this.#due = now + EVERY_MS
  }
}
