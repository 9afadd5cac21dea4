import { BoundedQueue, type EventStream } from '../core/bounded-queue.js'
import { onAbort } from '../core/signal.js'
import type { OperationEvent } from '../api/events.js'
import type { Clock } from '../core/host.js'
import type { Publish } from './progress.js'

/** A subscriber that does not read loses its oldest events beyond this number. A `missed` event then says how many. */
const MOST_WAITING = 10_000

type EventClock = Pick<Clock, 'wallMs' | 'keepAlive'>

export interface EventListener {
  readonly onEvent: (event: OperationEvent) => void
  /** The attacher has closed: no further event comes. It waits for what this returns. */
  readonly onClose: () => Promise<void> | void
}

/** Delivers operation events to any number of subscribers. Without subscribers, events are dropped. */
export class EventHub {
  readonly #listeners = new Set<EventListener>()
  readonly #clock: EventClock
  #closed = false

  /** @param clock gives the time of an event that reports lost events */
  constructor(clock: EventClock) {
    this.#clock = clock
  }
  /** Whether anybody listens now. */
  get isHeard(): boolean {
    return this.#listeners.size > 0
  }
  publish(event: OperationEvent): void {
    for (const { onEvent } of [...this.#listeners]) onEvent(event)
  }
  /** Calls the listener for each event from now on, until it is disposed. */
  listen(listener: EventListener): Disposable {
    if (this.#closed) void listener.onClose()
    else this.#listeners.add(listener)
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) }
  }
  /** The subscription begins with this call, not with the first `next()`. */
  subscribe(signal?: AbortSignal): EventStream<OperationEvent> {
    const links: Disposable[] = []
    const queue = new BoundedQueue<OperationEvent>({
      clock: this.#clock,
      most: MOST_WAITING,
      take: (waiting, missed) => this.#take(waiting, missed),
      onEnd: () => {
        for (const link of links.splice(0)) link[Symbol.dispose]()
      },
    })
    links.push(this.listen({ onEvent: (event) => queue.push(event), onClose: () => queue.end() }))
    if (signal !== undefined && !queue.ended) links.push(onAbort(signal, () => queue.end()))
    return queue
  }
  /** Ends every listener, and waits until all have ended. */
  async close(): Promise<void> {
    this.#closed = true
    const ended = [...this.#listeners].map(async ({ onClose }) => await onClose())
    this.#listeners.clear()
    await Promise.all(ended)
  }

  #take(waiting: OperationEvent[], missed: number): OperationEvent {
    const [next] = waiting
    if (missed > 0 || next === undefined) return { type: 'missed', at: next?.at ?? this.#clock.wallMs(), id: '', count: missed }
    waiting.shift()
    return next
  }
}

/** Publishes to the hub, and says whether anybody listens. */
export function publishTo(hub: EventHub): Publish {
  return Object.assign((event: OperationEvent) => hub.publish(event), { isHeard: () => hub.isHeard })
}
