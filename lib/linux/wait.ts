import type { Host, Watch } from '../core/host.js'

/** How often to check a state that no uevent announces (a session's state), while a caller waits for it. */
export const UNANNOUNCED_MS = 50

/**
 * Runs `query`, and again after every event of `watch`, until it returns a value. Start the watch before the action that causes the change,
 * so that no event is missed.
 */
export async function whenSeen<T>(watch: Watch, signal: AbortSignal, query: () => Promise<T | undefined>): Promise<T> {
  for (;;) {
    signal.throwIfAborted()
    const seen = await query()
    if (seen !== undefined) return seen
    await watch.next(signal)
  }
}

/** The same for changes that no event announces. */
export async function whenTrue<T>(host: Host, signal: AbortSignal, query: () => Promise<T | undefined>): Promise<T> {
  for (;;) {
    signal.throwIfAborted()
    const seen = await query()
    if (seen !== undefined) return seen
    await host.clock.sleep(UNANNOUNCED_MS, signal)
  }
}
