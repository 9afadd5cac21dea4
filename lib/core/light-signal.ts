import { setMaxListeners } from 'node:events'

/**
 * A signal of the library's own. An attach makes hundreds, and nearly none ever aborts: an `AbortSignal` of Node.js costs a dozen times as
 * much to make, and to abort. A listener of events is possible: a signal of Node.js is made for the first one.
 */
export class LightSignal implements AbortSignal {
  #aborted = false
  #reason: unknown
  #followers: Set<Follower> | undefined
  #real: AbortController | undefined

  get aborted(): boolean {
    return this.#aborted
  }
  get reason(): unknown {
    return this.#reason
  }
  throwIfAborted(): void {
    if (this.#aborted) throw this.#reason as Error
  }
  /** Aborts the signal, once. */
  abort(reason: unknown): void {
    if (this.#aborted) return
    this.#aborted = true
    this.#reason = reason
    const followers = this.#followers
    this.#followers = undefined
    if (followers !== undefined) for (const { act } of [...followers]) act()
    this.#real?.abort(reason)
  }
  /** Calls `act` once when the signal aborts. It must not have aborted yet. */
  follow(act: () => void): Disposable {
    this.#followers ??= new Set()
    return new Follower(this.#followers, act)
  }
  /** Number of those that follow, and that have not let go. */
  get followers(): number {
    return this.#followers?.size ?? 0
  }

  get onabort(): AbortSignal['onabort'] {
    return this.#events.onabort
  }
  set onabort(listener: AbortSignal['onabort']) {
    this.#events.onabort = listener
  }
  addEventListener(...args: Parameters<AbortSignal['addEventListener']>): void {
    this.#events.addEventListener(...args)
  }
  removeEventListener(...args: Parameters<AbortSignal['removeEventListener']>): void {
    this.#real?.signal.removeEventListener(...args)
  }
  dispatchEvent(event: Event): boolean {
    return this.#events.dispatchEvent(event)
  }
  get #events(): AbortSignal {
    if (this.#real === undefined) {
      this.#real = new AbortController()
      // An operation has many waits. Node.js would report a leak at the eleventh listener.
      setMaxListeners(0, this.#real.signal)
      if (this.#aborted) this.#real.abort(this.#reason)
    }
    return this.#real.signal
  }
}

class Follower implements Disposable {
  readonly #all: Set<Follower>
  readonly act: () => void

  constructor(all: Set<Follower>, act: () => void) {
    this.#all = all
    this.act = act
    all.add(this)
  }
  [Symbol.dispose](): void {
    this.#all.delete(this)
  }
}

/** A signal that never aborts, for waits that nobody gives up. */
export const NEVER: LightSignal = new (class extends LightSignal {
  override follow(): Disposable {
    return { [Symbol.dispose]: () => undefined }
  }
})()
