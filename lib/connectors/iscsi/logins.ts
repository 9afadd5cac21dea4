import type { CommandResult } from '../../core/host.js'
import { FailedPortals } from './failed-portals.js'

/**
 * Logins that iscsid works on for this process. A login can't be taken back: who gives up waiting leaves it here, and whoever settles it
 * later learns from here when it has ended.
 */
export class Logins {
  readonly failedPortals = new FailedPortals()
  readonly #running = new Map<string, Promise<CommandResult>>()

  /** Starts a login that no deadline ends: iscsid ends it, by the window in the record. */
  start(key: string, run: (signal: AbortSignal) => Promise<CommandResult>): Promise<CommandResult> {
    const running = run(new AbortController().signal)
    this.#running.set(key, running)
    const ended = () => {
      if (this.#running.get(key) === running) this.#running.delete(key)
    }
    running.then(ended, ended)
    return running
  }
  running(key: string): Promise<CommandResult> | undefined {
    return this.#running.get(key)
  }
}
