import { formatPortal, type Portal } from '../../core/portal.js'
import type { Clock } from '../../core/host.js'

/** How long a failed portal counts as doubtful. Attaches with other paths don't wait for it. */
const REMEMBERED_MS = 30_000

/** Portals that an attach of this process recently failed to reach. Attaches with other paths need not wait for them again. */
export class FailedPortals {
  readonly #failedAt = new Map<string, number>()

  failed(clock: Clock, portal: Portal): void {
    const now = clock.now()
    // Expired entries of portals that nobody asks about would stay for ever.
    for (const [name, at] of this.#failedAt) if (now - at >= REMEMBERED_MS) this.#failedAt.delete(name)
    this.#failedAt.set(formatPortal(portal), now)
  }
  /** Number of remembered portals. */
  get size(): number {
    return this.#failedAt.size
  }
  reached(portal: Portal): void {
    this.#failedAt.delete(formatPortal(portal))
  }
  isDoubtful(clock: Clock, portal: Portal): boolean {
    const at = this.#failedAt.get(formatPortal(portal))
    if (at !== undefined && clock.now() - at < REMEMBERED_MS) return true
    this.#failedAt.delete(formatPortal(portal))
    return false
  }
}
