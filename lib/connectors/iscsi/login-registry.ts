import { type BrickworkError, isBrickworkError } from '../../core/errors.js'
import type { Clock, CommandResult } from '../../core/host.js'
import { FailedPortals } from './failed-portals.js'
import { loginKey, type Endpoint } from './objects.js'

/** How long a target that gave no answer at a portal is not waited for when there are other ways. */
const REMEMBERED_MS = 30_000

/** Who had less than this may have come too late at a target that is only busy. */
const FAIR_SEC = 5

interface Failure {
  readonly error: BrickworkError
  readonly endedAt: number
  /** How long iscsid had for it. */
  readonly windowSec: number
}

/**
 * Logins that iscsid works on for this process. A login cannot be cancelled: a caller that stops waiting leaves it here, and the code that
 * resolves it later learns from here when it has ended.
 */
export class LoginRegistry {
  readonly failedPortals = new FailedPortals()
  readonly #running = new Map<string, Promise<CommandResult>>()
  readonly #failures = new Map<string, Failure>()

  /** How much is remembered. */
  get size(): number {
    return this.#running.size + this.#failures.size
  }
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

  /** Only that nobody answered is kept in mind: what a target said it may say otherwise to somebody else. */
  failed(clock: Clock, target: Endpoint, windowSec: number, error: unknown): void {
    if (!isBrickworkError(error, 'ERR_TARGET_UNREACHABLE')) return
    const endedAt = clock.now()
    for (const [key, failure] of this.#failures) if (endedAt - failure.endedAt >= REMEMBERED_MS) this.#failures.delete(key)
    this.#failures.set(loginKey(target), { error, endedAt, windowSec })
  }
  succeeded(target: Endpoint): void {
    this.#failures.delete(loginKey(target))
  }
  /** How the login ended that was under way at `askedAt`, or later, and had as much time as this one would have: trying again would come to the same. */
  failureSince(target: Endpoint, askedAt: number, windowSec: number): BrickworkError | undefined {
    const failure = this.#failures.get(loginKey(target))
    return failure !== undefined && failure.endedAt > askedAt && failure.windowSec >= windowSec ? failure.error : undefined
  }
  /** Whether others are better asked first. */
  isDoubtful(clock: Clock, target: Endpoint): boolean {
    const failure = this.#failures.get(loginKey(target))
    const isFresh = failure !== undefined && clock.now() - failure.endedAt < REMEMBERED_MS
    return (isFresh && failure.windowSec >= FAIR_SEC) || this.failedPortals.isDoubtful(clock, target.portal)
  }
}
