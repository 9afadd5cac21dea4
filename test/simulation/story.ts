/** The log of events, line by line, with virtual times. The same seed produces exactly the same log. */
import { createHash } from 'node:crypto'

const KEPT_LINES = 400

export class Story {
  readonly #hash = createHash('sha256')
  #last: string[] = []
  #lines = 0

  tell(atMs: number, what: string): void {
    const line = `${(atMs / 1000).toFixed(3).padStart(10)}  ${what}`
    this.#hash.update(`${line}\n`)
    this.#lines += 1
    this.#last.push(line)
    if (this.#last.length > 2 * KEPT_LINES) this.#last = this.#last.slice(-KEPT_LINES)
  }
  get lines(): number {
    return this.#lines
  }
  last(most: number): string[] {
    return this.#last.slice(-most)
  }
  /** A digest of all lines so far. */
  digest(): string {
    return this.#hash.copy().digest('hex').slice(0, 16)
  }
}
