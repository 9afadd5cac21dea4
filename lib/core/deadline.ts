import { BrickworkError } from './errors.js'
import type { Clock } from './host.js'
import type { StepName } from './step-name.js'
import { LinkedSignal, NOT_NEEDED, onAbort } from './signal.js'

const RESERVE_SHARE = 0.2
const RESERVE_MIN_MS = 500
const RESERVE_MAX_MS = 5000
/** Most of the remaining time that a roll-back may use after an early failure. On a busy host it takes long. */
const ROLLBACK_MAX_MS = 30_000
/** How long after its deadline a call may still return its own result. */
const GRACE_MS = 250

/**
 * The part of a time-out that is reserved for the roll-back, in milliseconds: 20 %, at least 0.5 s and at most 5 s, never more than half.
 */
export function reserveOf(timeoutMs: number): number {
  return Math.min(timeoutMs / 2, Math.max(RESERVE_MIN_MS, Math.min(RESERVE_MAX_MS, timeoutMs * RESERVE_SHARE)))
}

/**
 * The time of one call. Work stops when only the reserve is left, or when the caller aborts. A roll-back may use the reserve; after an
 * early failure up to {@link ROLLBACK_MAX_MS} of the remaining time. The call returns by the deadline.
 */
export class Deadline implements Disposable {
  readonly #clock: Clock
  readonly #reserveMs: number
  readonly #expiresAt: number
  readonly #work: LinkedSignal
  readonly #timers = new LinkedSignal()
  readonly #caller: Disposable | undefined
  readonly timeoutMs: number
  #answered = false
  /** The step that the work is at. The error that ends the work names it. */
  at: () => StepName | undefined = () => undefined

  constructor(clock: Clock, timeoutMs: number, caller?: AbortSignal) {
    this.#clock = clock
    this.timeoutMs = timeoutMs
    this.#reserveMs = reserveOf(timeoutMs)
    this.#expiresAt = clock.now() + timeoutMs
    this.#work = new LinkedSignal()
    this.#caller =
      caller &&
      onAbort(caller, () =>
        this.#work.abort(new BrickworkError('ERR_ABORTED', 'The caller aborted the operation', { ...this.#step, cause: caller.reason })),
      )
    this.#after(timeoutMs - this.#reserveMs, () =>
      this.#work.abort(new BrickworkError('ERR_TIMEOUT', `Not done within ${timeoutMs} ms`, { ...this.#step, details: { timeoutMs } })),
    )
  }
  /** Aborts when work must stop, with `ERR_TIMEOUT` or `ERR_ABORTED`. */
  get signal(): AbortSignal {
    return this.#work.signal
  }
  /** Time left for work, in milliseconds. */
  get remainingMs(): number {
    return this.signal.aborted ? 0 : Math.max(0, this.#expiresAt - this.#reserveMs - this.#clock.now())
  }
  /** Whether the call has returned at its deadline. Work that ends later has no caller. */
  get answered(): boolean {
    return this.#answered
  }
  /** Resolves soon after the deadline, when the call must return even if work is still running. Never resolves after disposal. */
  async overdue(): Promise<void> {
    await new Promise<void>((resolve) => this.#after(this.#expiresAt + GRACE_MS - this.#clock.now(), resolve))
    this.#answered = true
  }
  /**
   * A signal for the roll-back, with a budget counted from now: the reserve, or more after a failure. Ends by the deadline while the caller
   * waits. After an abort the budget is the reserve, since the caller wants to go on.
   */
  rollbackSignal(): AbortSignal {
    const untilDue = this.answered ? this.#reserveMs : this.#expiresAt - this.#clock.now()
    const most = this.answered || this.signal.aborted ? this.#reserveMs : Math.max(this.#reserveMs, ROLLBACK_MAX_MS)
    const budget = Math.min(most, Math.max(untilDue, 0))
    const undo = new LinkedSignal()
    this.#after(budget, () =>
      undo.abort(new BrickworkError('ERR_TIMEOUT', 'No time was left for the roll-back', { details: { budgetMs: budget } })),
    )
    return undo.signal
  }
  [Symbol.dispose](): void {
    this.#timers.abort(NOT_NEEDED)
    this.#caller?.[Symbol.dispose]()
    this.#work[Symbol.dispose]()
  }

  get #step(): { readonly step?: StepName } {
    const step = this.at()
    return step === undefined ? {} : { step }
  }
  #after(ms: number, act: () => void): void {
    this.#clock.sleep(ms, this.#timers.signal).then(act, () => undefined)
  }
}

/** A signal that aborts with `outer`, and after `ms` with an `ERR_TIMEOUT` that names what was awaited. */
export class Window implements Disposable {
  readonly #linked: LinkedSignal
  readonly #timer = new LinkedSignal()

  constructor(clock: Clock, ms: number, outer: AbortSignal, awaited: string) {
    this.#linked = new LinkedSignal(outer)
    clock.sleep(ms, this.#timer.signal).then(
      () => this.#linked.abort(new BrickworkError('ERR_TIMEOUT', `${awaited}: no answer within ${ms} ms`, { details: { awaited, ms } })),
      () => undefined,
    )
  }
  get signal(): AbortSignal {
    return this.#linked.signal
  }
  [Symbol.dispose](): void {
    this.#timer.abort(NOT_NEEDED)
    this.#linked[Symbol.dispose]()
  }
}
