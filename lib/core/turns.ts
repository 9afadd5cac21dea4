import { Semaphore } from './semaphore.js'

/** Limits the holders of each of many named resources to `size`. Keeps a name only while a caller holds or awaits a place. */
export class Turns<H = never> {
  readonly #size: number
  readonly #queues = new Map<string, { readonly semaphore: Semaphore<H>; users: number }>()

  constructor(size: number) {
    this.#size = size
  }
  /** Number of resources with holders or waiters. */
  get names(): number {
    return this.#queues.size
  }
  /** Whether a place would be free at once. */
  isFree(name: string): boolean {
    return (this.#queues.get(name)?.users ?? 0) < this.#size
  }
  /** Holders of a resource that said who they are, the longest one first. */
  holders(name: string): readonly H[] {
    return this.#queues.get(name)?.semaphore.holders ?? []
  }
  /**
   * Waits for a place, in order of arrival. @throws the reason of `signal`.
   * @param who is called when the place is taken
   */
  async take(name: string, signal: AbortSignal, who?: () => H): Promise<Disposable> {
    const queue = this.#queues.get(name) ?? { semaphore: new Semaphore<H>(this.#size), users: 0 }
    this.#queues.set(name, queue)
    queue.users += 1
    const leave = () => {
      queue.users -= 1
      if (queue.users === 0) this.#queues.delete(name)
    }
    try {
      const place = await queue.semaphore.take(signal, who)
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
