/** The kernel's and udev's events, for programs that want to hear them themselves. */
import type { Host, Uevent, UeventBatch } from './core/host.js'
import { onAbort } from './core/signal.js'
import { createHost } from './host/create-host.js'

export interface UeventsOptions {
  /** Default {@link createHost}`()`: this machine. */
  readonly host?: Host
  /** Only these: `block`, `scsi`, `iscsi_session`, `nvme`, … Default: all. */
  readonly subsystems?: readonly string[]
  /** `kernel`: as it happens. `udev`: when udev's rules have run, with what they found out. Default: both. */
  readonly sources?: readonly Uevent['source'][]
  /** Ends the stream. */
  readonly signal?: AbortSignal
}
/** Keeps the process alive while somebody waits; ended by `break`, by `return()` or by its signal. */
export type UeventStream = AsyncIterableIterator<UeventBatch, undefined>

/** A reader that doesn't read loses the oldest events beyond this many, which is told, not our memory. */
const MOST_WAITING = 20_000
/** A timer that never comes due. */
const FOREVER_MS = 2 ** 31 - 1

/**
 * Resolves when events that happen from now on are seen. What has come since the last turn comes as one batch.
 * @throws `ERR_NATIVE_UNAVAILABLE`, `ERR_PERMISSION`
 */
export async function uevents(options: UeventsOptions = {}): Promise<UeventStream> {
  const { host = createHost(), subsystems, sources, signal } = options
  signal?.throwIfAborted()
  const isWanted = ({ subsystem, source }: Uevent) => (subsystems?.includes(subsystem) ?? true) && (sources?.includes(source) ?? true)
  const stream = new Stream()
  const listening = await host.events.listen(({ events, missed }) => stream.push(events.filter(isWanted), missed))
  stream.links.push(listening)
  if (signal !== undefined) stream.links.push(onAbort(signal, () => stream.end()))
  return stream
}

class Stream implements AsyncIterableIterator<UeventBatch, undefined> {
  readonly links: Disposable[] = []
  readonly #readers: ((result: IteratorResult<UeventBatch, undefined>) => void)[] = []
  #events: Uevent[] = []
  #missed = false
  #ended = false
  #alive: NodeJS.Timeout | undefined

  push(events: readonly Uevent[], missed: boolean): void {
    if (this.#ended || (events.length === 0 && !missed)) return
    this.#missed ||= missed
    for (const event of events) this.#events.push(event)
    const over = this.#events.length - MOST_WAITING
    if (over > 0) {
      this.#events.splice(0, over)
      this.#missed = true
    }
    const reader = this.#readers.shift()
    if (reader === undefined) return
    reader({ done: false, value: this.#take() })
    this.#rest()
  }
  end(): void {
    this.#ended = true
    for (const link of this.links.splice(0)) link[Symbol.dispose]()
    for (const reader of this.#readers.splice(0)) reader({ done: true, value: undefined })
    this.#rest()
  }
  async next(): Promise<IteratorResult<UeventBatch, undefined>> {
    if (this.#ended) return { done: true, value: undefined }
    if (this.#events.length > 0 || this.#missed) return { done: false, value: this.#take() }
    // The listener itself keeps no process alive.
    this.#alive ??= setInterval(() => undefined, FOREVER_MS)
    return await new Promise((resolve) => this.#readers.push(resolve))
  }
  return(): Promise<IteratorResult<UeventBatch, undefined>> {
    this.end()
    return Promise.resolve({ done: true, value: undefined })
  }
  [Symbol.asyncIterator](): this {
    return this
  }

  #take(): UeventBatch {
    const batch = { events: this.#events, missed: this.#missed }
    this.#events = []
    this.#missed = false
    return batch
  }
  #rest(): void {
    if (this.#readers.length > 0) return
    clearInterval(this.#alive)
    this.#alive = undefined
  }
}
