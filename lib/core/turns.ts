import { Semaphore } from './semaphore.js'

/** A place among `size` at each of many things, which are known by their names only as long as somebody wants them. */
export class Turns {
  readonly #size: number
  readonly #queues = new Map<string, { readonly semaphore: Semaphore; users: number }>()

  constructor(size: number) {
    this.#size = size
  }
  /** How many things somebody has a place at, or waits for one. */
  get names(): number {
    return this.#queues.size
  }
  /** Whether a place at this one would be had at once. */
  isFree(name: string): boolean {
    return (this.#queues.get(name)?.users ?? 0) < this.#size
  }
  /** In order of arrival. @throws the reason of `signal`. */
  async take(name: string, signal: AbortSignal): Promise<Disposable> {
    const queue = this.#queues.get(name) ?? { semaphore: new Semaphore(this.#size), users: 0 }
    this.#queues.set(name, queue)
    queue.users += 1
    const leave = () => {
      queue.users -= 1
      if (queue.users === 0) this.#queues.delete(name)
    }
    try {
      const place = await queue.semaphore.take(signal)
      let held = true
      return {
        [Symbol.dispose]: () => {
          if (!held) return
          held = false
          place[Symbol.dispose]()
          leave()
        },
      }
    } catch (error) {
      leave()
      throw error
    }
  }
}
