import { checkTimeout } from '../connection/schema.js'
import { BrickworkError } from '../core/errors.js'
import type { Host } from '../core/host.js'
import { LinkedSignal } from '../core/signal.js'
import type { Call } from '../api/call.js'
import type { EventHub } from '../operation/event-hub.js'
import { RunningOperations } from './running-operations.js'

/** What goes on until the caller's signal aborts, the time of `timeoutMs` is over (which has no default here), or the attacher closes. */
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
  try {
    yield* tell(operations, ending.signal)
  } finally {
    stop()
  }
}
