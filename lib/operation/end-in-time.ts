import { BrickworkError } from '../core/errors.js'
import { LinkedSignal, NOT_NEEDED } from '../core/signal.js'
import type { Operation } from './operation.js'

/**
 * Ends paths that still come up when the time of the operation is over. The operation's own timer ends when it returns; this one ends late
 * paths, so that a call that hangs doesn't keep them for ever.
 * @param done resolves when no path is pending
 */
export function endInTime({ host, remainingMs }: Operation, ending: LinkedSignal, done: Promise<void>): void {
  const over = new LinkedSignal()
  const end = () => ending.abort(new BrickworkError('ERR_TIMEOUT', 'Time ran out for further paths'))
  host.clock.sleep(remainingMs, over.signal).then(end, () => undefined)
  void done.then(() => over.abort(NOT_NEEDED))
}
