import { until } from '../core/signal.js'
import type { OperationEvent } from '../events.js'
import type { EventHub } from './event-hub.js'

/** The operations of an attacher that are under way, by its own events. */
export class Operations implements Disposable {
  readonly #ending = new AbortController()
  readonly #underWay = new Set<string>()
  #ended = false
  #wake: () => void = () => undefined

  /** `onClose`: the attacher closes. */
  constructor(hub: EventHub, onClose: () => void) {
    void this.#follow(hub.subscribe(this.#ending.signal)).then(onClose)
  }
  underWay(id: string): boolean {
    return this.#underWay.has(id)
  }
  /** Resolves when one has ended since this was last asked. */
  async ended(signal: AbortSignal): Promise<void> {
    const woken = new Promise<void>((resolve) => {
      this.#wake = resolve
    })
    if (!this.#ended) await until(woken, signal)
    this.#ended = false
  }
  [Symbol.dispose](): void {
    this.#ending.abort()
  }

  async #follow(events: AsyncIterable<OperationEvent>): Promise<void> {
    for await (const event of events) {
      if (event.type === 'operation:start') this.#underWay.add(event.id)
      if (event.type !== 'operation:end') continue
      this.#underWay.delete(event.id)
      this.#ended = true
      this.#wake()
    }
  }
}
