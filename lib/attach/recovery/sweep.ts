/** While somebody watches: removes disks of detached volumes as soon as the kernel has found them again. */
import { isBrickworkError } from '../../core/errors.js'
import type { Host } from '../../core/host.js'
import type { Recovery } from './recover-all.js'

/** A port that logs in brings many disks. They are collected for this long. */
const GATHER_MS = 500

/** Ends when the signal aborts. A failure is logged: the next recovery does the same. */
export async function sweepReturned(host: Host, recovery: Pick<Recovery, 'sweep'>, signal: AbortSignal): Promise<void> {
  using watch = await host.events.watch(['subsystem:block'])
  const isOver = () => signal.aborted
  try {
    for (;;) {
      await recovery.sweep({ signal })
      await watch.next(signal)
      await host.clock.sleep(GATHER_MS, signal)
    }
  } catch (error) {
    if (isOver()) return
    if (!isBrickworkError(error)) throw error
    host.log.warn({ error }, 'disks of detached volumes are no longer removed when they come back')
  }
}
