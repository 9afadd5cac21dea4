import type { Uevent, Watch } from '../core/host.js'
import { until } from '../core/signal.js'
import { UdevProgress } from './udev-progress.js'

type IsNews = (event: Uevent) => boolean
interface Waiter {
  readonly wake: () => void
  readonly isNews: IsNews | undefined
}

/** Level-triggered: remembers that an event came until the next call of `next`, but not which event. */
export class KeyedWatch implements Watch {
  readonly #keys = new Set<string>()
  readonly #progress = new UdevProgress()
  readonly #onKeys: (keys: readonly string[]) => void
  readonly #onDispose: (keys: ReadonlySet<string>) => void
  #happened = false
  readonly #seen: () => number
  #waiting: Waiter[] = []

  /** @param seen the highest number of a kernel event that the listener has had */
  constructor(onKeys: (keys: readonly string[]) => void, onDispose: (keys: ReadonlySet<string>) => void, seen: () => number) {
    this.#seen = seen
    this.#onKeys = onKeys
    this.#onDispose = onDispose
  }
  add(keys: readonly string[]): void {
    for (const key of keys) this.#keys.add(key)
    this.#onKeys(keys)
  }
  async next(signal: AbortSignal, isNews?: IsNews): Promise<void> {
    signal.throwIfAborted()
    if (!this.#happened) await this.#woken(signal, isNews)
    this.#happened = false
  }
  get seen(): number {
    return this.#seen()
  }
  forget(): void {
    this.#happened = false
  }
  udevPending(name: string): boolean {
    return this.#progress.pending(name)
  }
  [Symbol.dispose](): void {
    this.#onDispose(this.#keys)
  }

  see(event: Uevent): void {
    this.#progress.note(event)
    this.wake(({ isNews }) => isNews === undefined || isNews(event))
  }
  overrun(): void {
    this.#progress.clear()
    this.wake()
  }
  wake(isMeant: (waiter: Waiter) => boolean = () => true): void {
    const meant = this.#waiting.filter(isMeant)
    if (meant.length === 0 && this.#waiting.length > 0) return
    this.#happened = true
    this.#waiting = this.#waiting.filter((waiter) => !meant.includes(waiter))
    for (const { wake } of meant) wake()
  }

  async #woken(signal: AbortSignal, isNews: IsNews | undefined): Promise<void> {
    let wake = (): void => undefined
    const woken = new Promise<void>((resolve) => {
      wake = resolve
    })
    const waiter = { wake, isNews }
    this.#waiting.push(waiter)
    try {
      await until(woken, signal)
    } finally {
      this.#waiting = this.#waiting.filter((other) => other !== waiter)
    }
  }
}
