import { formatPortal, type Portal } from '../../core/portal.js'
import type { Clock } from '../../core/host.js'

/** How long a portal that could not be reached is not waited for when there are others. */
const REMEMBERED_MS = 30_000

/** Portals that could not be reached a moment ago, by any attach of this process: who has other paths need not find that out again. */
export class FailedPortals {
  readonly #failedAt = new Map<string, number>()

  failed(clock: Clock, portal: Portal): void {
    const now = clock.now()
    // Nobody asks again for a portal that is gone.
    for (const [name, at] of this.#failedAt) if (now - at >= REMEMBERED_MS) this.#failedAt.delete(name)
    this.#failedAt.set(formatPortal(portal), now)
  }
  /** How many are remembered. */
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
