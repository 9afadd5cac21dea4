import { checkTimeout } from '../connection/schema.js'
import { BrickworkError } from '../core/errors.js'
import type { Host } from '../core/host.js'
import { LinkedSignal, NOT_NEEDED, until } from '../core/signal.js'
import type { Call } from '../api/call.js'
import type { EventHub } from '../operation/event-hub.js'
import { RunningOperations } from './running-operations.js'

/** How long to wait for the generator after its signal has aborted. A read of a file that hangs may never end. */
const GRACE_MS = 250

/** Yields the values of a generator until the caller's signal aborts, `timeoutMs` is over (default: no limit), or the attacher closes. */
export async function* untilEnded<T>(
  host: Host,
  hub: EventHub,
  call: Call,
  tell: (operations: RunningOperations, signal: AbortSignal) => AsyncGenerator<T>,
): AsyncGenerator<T> {
  using ending = new LinkedSignal(call.signal)
  const stop = () => ending.abort(new BrickworkError('ERR_ABORTED', 'Watching has ended'))
  using operations = new RunningOperations(hub, stop)
  const timeoutMs = call.timeoutMs === undefined ? undefined : checkTimeout(call.timeoutMs)
  if (timeoutMs !== undefined) host.clock.sleep(timeoutMs, ending.signal).then(stop, () => undefined)
  const told = tell(operations, ending.signal)
  using overdue = new Overdue(host, timeoutMs === undefined ? undefined : timeoutMs + GRACE_MS)
  const inTime = async <R>(work: Promise<R>): Promise<R | undefined> =>
    await until(work, overdue.signal).catch((error: unknown) => {
      if (!overdue.signal.aborted) throw error
      return undefined
    })
  try {
    for (;;) {
      const next = await inTime(told.next())
      if (next === undefined || next.done === true) return
      yield next.value
    }
  } finally {
    stop()
    await inTime(told.return(undefined))
  }
}

/** A signal that aborts after `ms`; `undefined`: never. */
class Overdue implements Disposable {
  readonly #over = new LinkedSignal()
  readonly #notNeeded = new AbortController()

  constructor({ clock }: Host, ms: number | undefined) {
    if (ms === undefined) return
    clock.sleep(ms, this.#notNeeded.signal).then(
      () => this.#over.abort(NOT_NEEDED),
      () => undefined,
    )
  }
  get signal(): AbortSignal {
    return this.#over.signal
  }
  [Symbol.dispose](): void {
    this.#notNeeded.abort(NOT_NEEDED)
    this.#over[Symbol.dispose]()
  }
}
