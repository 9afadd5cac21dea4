import type { Uevent, Watch } from '../core/host.js'
import { until } from '../core/signal.js'
import { UdevProgress } from './udev-progress.js'

/** Level-triggered: remembers that an event came until the next call of `next`, but not which event. */
export class KeyedWatch implements Watch {
  readonly #keys = new Set<string>()
  readonly #progress = new UdevProgress()
  readonly #onKeys: (keys: readonly string[]) => void
  readonly #onDispose: (keys: ReadonlySet<string>) => void
  #happened = false
  #waiting: (() => void)[] = []

  constructor(onKeys: (keys: readonly string[]) => void, onDispose: (keys: ReadonlySet<string>) => void) {
    this.#onKeys = onKeys
    this.#onDispose = onDispose
  }
  add(keys: readonly string[]): void {
    for (const key of keys) this.#keys.add(key)
    this.#onKeys(keys)
  }
  async next(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    if (!this.#happened) await this.#woken(signal)
    this.#happened = false
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
    this.wake()
  }
  overrun(): void {
    this.#progress.clear()
    this.wake()
  }
  wake(): void {
    this.#happened = true
    for (const wake of this.#waiting.splice(0)) wake()
  }

  async #woken(signal: AbortSignal): Promise<void> {
    let wake = (): void => undefined
    const woken = new Promise<void>((resolve) => {
      wake = resolve
    })
    this.#waiting.push(wake)
    try {
      await until(woken, signal)
    } finally {
      this.#waiting = this.#waiting.filter((other) => other !== wake)
    }
  }
}
