import type { Clock } from './host.js'

/** A look that takes longer than this may hang: who comes then does not wait for its end. */
const PATIENCE_MS = 1000

/**
 * A look at something that changes, for many who ask at the same time. Each gets the answer of a look that began after it had asked, so that it
 * sees whatever was done before; all who ask while one is under way share the next one.
 */
export class SharedLook<T> {
  readonly #clock: Clock
  readonly #look: () => Promise<T>
  #underWay: Promise<T> | undefined
  #next: Promise<T> | undefined

  constructor(clock: Clock, look: () => Promise<T>) {
    this.#clock = clock
    this.#look = look
  }
  ask(): Promise<T> {
    if (this.#next !== undefined) return this.#next
    if (this.#underWay === undefined) return this.#begin()
    this.#next = this.#over(this.#underWay).then(() => {
      this.#next = undefined
      return this.#begin()
    })
    return this.#next
  }

  #begin(): Promise<T> {
    const look = this.#look()
    this.#underWay = look
    const ended = () => {
      if (this.#underWay === look) this.#underWay = undefined
    }
    look.then(ended, ended)
    return look
  }
  /** Resolves when the look has ended, well or not, or has taken too long. */
  async #over(look: Promise<T>): Promise<void> {
    const ended = new AbortController()
    const settled = look.then(
      () => undefined,
      () => undefined,
    )
    await Promise.race([settled, this.#clock.sleep(PATIENCE_MS, ended.signal).catch(() => undefined)])
    ended.abort()
  }
}
