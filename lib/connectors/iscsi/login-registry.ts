import { type BrickworkError, isBrickworkError } from '../../core/errors.js'
import type { Clock, CommandResult } from '../../core/host.js'
import { NEVER } from '../../core/light-signal.js'
import { FailedPortals } from './failed-portals.js'
import { loginKey, type Endpoint } from './objects.js'

/** How long a path counts as doubtful after its target did not answer. Attaches with other paths don't wait for it. */
const REMEMBERED_MS = 30_000

/** A login with a shorter window may have failed only because the target was busy. */
const FAIR_SEC = 5

interface Failure {
  readonly error: BrickworkError
  readonly endedAt: number
  /** Time that iscsid had for the login. */
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

  /** Number of remembered logins and failures. */
  get size(): number {
    return this.#running.size + this.#failures.size
  }
  /** Starts a login that no deadline ends. iscsid ends it after the window in the record. */
  start(key: string, run: (signal: AbortSignal) => Promise<CommandResult>): Promise<CommandResult> {
    const running = run(NEVER)
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

  /** Remembers only missing answers. A target's refusal may not apply to another login. */
  failed(clock: Clock, target: Endpoint, windowSec: number, error: unknown): void {
    if (!isBrickworkError(error, 'ERR_TARGET_UNREACHABLE')) return
    const endedAt = clock.now()
    for (const [key, failure] of this.#failures) if (endedAt - failure.endedAt >= REMEMBERED_MS) this.#failures.delete(key)
    this.#failures.set(loginKey(target), { error, endedAt, windowSec })
  }
  succeeded(target: Endpoint): void {
    this.#failures.delete(loginKey(target))
  }
  /** The failure of a login that ended after `askedAt` and had at least `windowSec`: another attempt would fail in the same way. */
  failureSince(target: Endpoint, askedAt: number, windowSec: number): BrickworkError | undefined {
    const failure = this.#failures.get(loginKey(target))
    return failure !== undefined && failure.endedAt > askedAt && failure.windowSec >= windowSec ? failure.error : undefined
  }
  /** Whether other paths should be tried first. */
  isDoubtful(clock: Clock, target: Endpoint): boolean {
    const failure = this.#failures.get(loginKey(target))
    const isFresh = failure !== undefined && clock.now() - failure.endedAt < REMEMBERED_MS
    return (isFresh && failure.windowSec >= FAIR_SEC) || this.failedPortals.isDoubtful(clock, target.portal)
  }
}
