import { checkTimeout } from '../connection/schema.js'
import { BoundedQueue, type EventStream } from '../core/bounded-queue.js'
import { BrickworkError } from '../core/errors.js'
import type { Host } from '../core/host.js'
import { LinkedSignal, NOT_NEEDED, onAbort, until } from '../core/signal.js'
import type { Call } from '../api/call.js'
import type { EventHub } from '../operation/event-hub.js'
import { RunningOperations } from './running-operations.js'

/** How long to wait for the generator after its signal has aborted. A read of a file that hangs may never end. */
const GRACE_MS = 250

/**
 * The values of a generator until the caller's signal aborts, `timeoutMs` is over (default: no limit), the attacher closes, or the reader
 * leaves. Begins with the first `next()`. The generator runs only while the reader waits: each value is new, and none is dropped.
 */
export function untilEnded<T>(
  host: Host,
  hub: EventHub,
  call: Call,
  tell: (operations: RunningOperations, signal: AbortSignal) => AsyncGenerator<T>,
): EventStream<T> {
  const left = new LinkedSignal()
  const queue = new BoundedQueue<T, T>({
    clock: host.clock,
    most: 1,
    take: (waiting) => waiting.splice(0, 1)[0] as T,
    onEnd: async () => {
      left.abort(new BrickworkError('ERR_ABORTED', 'Watching has ended'))
      await running
    },
  })
  const running = run()
  return queue

  async function run(): Promise<void> {
    try {
      if (await queue.wanted()) await deliver()
      queue.end()
    } catch (error) {
      queue.end({ error })
    }
  }
  async function deliver(): Promise<void> {
    const timeoutMs = call.timeoutMs === undefined ? undefined : checkTimeout(call.timeoutMs)
    using ending = new LinkedSignal(call.signal, left.signal)
    const stop = () => ending.abort(left.signal.reason ?? new BrickworkError('ERR_ABORTED', 'Watching has ended'))
    using operations = new RunningOperations(hub, async () => {
      stop()
      await running
    })
    using overdue = new Overdue(host, ending.signal)
    if (timeoutMs !== undefined) host.clock.sleep(timeoutMs, ending.signal).then(stop, () => undefined)
    const link = onAbort(ending.signal, () => queue.end())
    const inTime = async <R>(work: Promise<R>): Promise<R | undefined> =>
      await until(work, overdue.signal).catch((error: unknown) => {
        if (!overdue.signal.aborted) throw error
        return undefined
      })
    const told = tell(operations, ending.signal)
    try {
      while (await queue.wanted()) {
        const next = await inTime(told.next())
        if (next === undefined || next.done === true) return
        queue.push(next.value)
      }
    } finally {
      link[Symbol.dispose]()
      stop()
      await inTime(told.return(undefined))
    }
  }
}

/** A signal that aborts {@link GRACE_MS} after another one. */
class Overdue implements Disposable {
  readonly #over = new LinkedSignal()
  readonly #notNeeded = new LinkedSignal()
  readonly #link: Disposable

  constructor({ clock }: Host, ending: AbortSignal) {
    const over = () => this.#over.abort(NOT_NEEDED)
    this.#link = onAbort(ending, () => void clock.sleep(GRACE_MS, this.#notNeeded.signal).then(over, () => undefined))
  }
  get signal(): AbortSignal {
    return this.#over.signal
  }
  [Symbol.dispose](): void {
    this.#link[Symbol.dispose]()
    this.#notNeeded.abort(NOT_NEEDED)
    this.#over[Symbol.dispose]()
  }
}
