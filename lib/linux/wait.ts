import type { Host, Watch } from '../core/host.js'

/** What no uevent tells (a session's state) is looked at this often while somebody waits for it. */
export const UNANNOUNCED_MS = 50

/**
 * Looks, and looks again after every event of `watch`, until `look` answers something. The watch was started before whatever was done to
 * bring the change about, so nothing is missed.
 */
export async function whenSeen<T>(watch: Watch, signal: AbortSignal, query: () => Promise<T | undefined>): Promise<T> {
  for (;;) {
    signal.throwIfAborted()
    const seen = await query()
    if (seen !== undefined) return seen
    await watch.next(signal)
  }
}

/** The same for what no event announces. */
export async function whenTrue<T>(host: Host, signal: AbortSignal, query: () => Promise<T | undefined>): Promise<T> {
  for (;;) {
    signal.throwIfAborted()
    const seen = await query()
    if (seen !== undefined) return seen
    await host.clock.sleep(UNANNOUNCED_MS, signal)
  }
}
