/** Uevents of the kernel and of udev, for users of this library. */
import type { Host, Uevent, UeventBatch } from './core/host.js'
import { onAbort } from './core/signal.js'
import { createHost } from './host/create-host.js'

/** Options of {@link uevents}. */
export interface UeventsOptions {
  /**
   * The host: from {@link createHost}, or a `FakeHost` in tests.
   * @default createHost()
   */
  readonly host?: Host
  /** Subsystems whose events are wanted: `block`, `scsi`, `iscsi_session`, `nvme`, … Default: all. */
  readonly subsystems?: readonly string[]
  /**
   * Sources whose events are wanted. Default: both.
   * - `kernel`: the kernel's own event, at once
   * - `udev`: udev's copy, after its rules have run, with the properties that they set
   */
  readonly sources?: readonly Uevent['source'][]
  /** Ends the stream. */
  readonly signal?: AbortSignal
}
/** Batches of uevents. `break`, `return()` or the signal ends it. A pending `next()` keeps the process alive. */
export type UeventStream = AsyncIterableIterator<UeventBatch, undefined>

/** Number of events that are kept for a slow reader. Older events are dropped, and `missed` reports that. */
const MOST_WAITING = 20_000
/** The delay of a timer that never fires. */
const FOREVER_MS = 2 ** 31 - 1

/**
 * Listens for uevents of the kernel and of udev. When it resolves, no later event is missed. Events that arrive between two reads come as
 * one batch. A reader that does not read loses the oldest events beyond 20,000; `missed` of the next batch reports that.
 * @throws {@link BrickworkError} `ERR_NATIVE_UNAVAILABLE` or `ERR_PERMISSION`. Rejects with the signal's reason if it has aborted already.
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
    // The listener itself doesn't keep the process alive.
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
