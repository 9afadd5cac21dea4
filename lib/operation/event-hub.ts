import { onAbort } from '../core/signal.js'
import type { OperationEvent } from '../api/events.js'

/** A subscriber that does not read loses its oldest events beyond this number, so that memory does not grow. */
const MOST_WAITING = 10_000

/** Delivers operation events to any number of subscribers. Without subscribers, events are dropped. */
export class EventHub {
  readonly #subscribers = new Set<Subscriber>()

  publish(event: OperationEvent): void {
    for (const subscriber of this.#subscribers) subscriber.push(event)
  }
  /** The subscription begins with this call, not with the first `next()`. */
  subscribe(signal?: AbortSignal): AsyncIterableIterator<OperationEvent> {
    const subscriber = new Subscriber(() => this.#subscribers.delete(subscriber))
    this.#subscribers.add(subscriber)
    if (signal !== undefined) subscriber.link = onAbort(signal, () => subscriber.end())
    return subscriber
  }
  close(): void {
    for (const subscriber of [...this.#subscribers]) subscriber.end()
  }
}

class Subscriber implements AsyncIterableIterator<OperationEvent> {
  readonly #onEnd: () => void
  readonly #events: OperationEvent[] = []
  readonly #readers: ((result: IteratorResult<OperationEvent, undefined>) => void)[] = []
  #ended = false
  link: Disposable | undefined

  constructor(onEnd: () => void) {
    this.#onEnd = onEnd
  }
  push(event: OperationEvent): void {
    const reader = this.#readers.shift()
    if (reader !== undefined) reader({ done: false, value: event })
    else if (this.#events.push(event) > MOST_WAITING) this.#events.shift()
  }
  end(): void {
    this.#ended = true
    this.#onEnd()
    this.link?.[Symbol.dispose]()
    for (const reader of this.#readers.splice(0)) reader({ done: true, value: undefined })
  }
  async next(): Promise<IteratorResult<OperationEvent, undefined>> {
    const event = this.#events.shift()
    if (event !== undefined) return { done: false, value: event }
    if (this.#ended) return { done: true, value: undefined }
    return await new Promise((resolve) => this.#readers.push(resolve))
  }
  return(): Promise<IteratorResult<OperationEvent, undefined>> {
    this.end()
    return Promise.resolve({ done: true, value: undefined })
  }
  [Symbol.asyncIterator](): this {
    return this
  }
}
