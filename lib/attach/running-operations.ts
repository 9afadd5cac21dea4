import { until } from '../core/signal.js'
import type { OperationEvent } from '../api/events.js'
import type { EventHub } from '../operation/event-hub.js'

/** The running operations of an attacher, counted from its own events. */
export class RunningOperations implements Disposable {
  readonly #link: Disposable
  /** Operations on each attachment, the waiting ones included. */
  readonly #underWay = new Map<string, number>()
  #ended = false
  #wake: () => void = () => undefined

  /** @param onClose called when the attacher closes, which waits for what this returns. */
  constructor(hub: EventHub, onClose: () => Promise<void> | void) {
    this.#link = hub.listen({ onEvent: (event) => this.#note(event), onClose })
  }
  underWay(id: string): boolean {
    return this.#underWay.has(id)
  }
  /** Resolves when an operation has ended since the last call. */
  async ended(signal: AbortSignal): Promise<void> {
    const woken = new Promise<void>((resolve) => {
      this.#wake = resolve
    })
    if (!this.#ended) await until(woken, signal)
    this.#ended = false
  }
  [Symbol.dispose](): void {
    this.#link[Symbol.dispose]()
  }

  #note(event: OperationEvent): void {
    if (event.type === 'operation:start') this.#count(event.id, 1)
    if (event.type !== 'operation:end') return
    this.#count(event.id, -1)
    this.#ended = true
    this.#wake()
  }
  #count(id: string, by: 1 | -1): void {
    const count = (this.#underWay.get(id) ?? 0) + by
    if (count > 0) this.#underWay.set(id, count)
    else this.#underWay.delete(id)
  }
}
