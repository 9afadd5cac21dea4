/** Counts virtual steps, so that an endless loop fails with its name, and not by a time-out in real time. */

import { BrickworkError } from '../../core/errors.js'

/** How many timers one machine may have. A storm of a thousand operations has a tenth of that number. */
const MOST_STEPS = 2_000_000
/** How many turns of the event loop there may be without rest and without a timer. */
const MOST_TURNS = 2_000_000
/** How many waits are recorded before a limit is reached. */
const SAMPLED = 5000
const NAMED = 3

export class SpinGuard {
  readonly #mostSteps: number
  readonly #mostTurns: number
  readonly #seen = new Map<string, number>()
  #steps = 0
  #turns = 0

  constructor(mostSteps = MOST_STEPS, mostTurns = MOST_TURNS) {
    this.#mostSteps = mostSteps
    this.#mostTurns = mostTurns
  }
  /** A wait begins. `who` is called only near a limit. */
  wait(who: () => string): void {
    if (this.#steps < this.#mostSteps - SAMPLED && this.#turns < this.#mostTurns - SAMPLED) return
    const name = who()
    this.#seen.set(name, (this.#seen.get(name) ?? 0) + 1)
  }
  /** A timer is due. @throws when there have been too many. */
  step(): void {
    this.#turns = 0
    if (++this.#steps > this.#mostSteps) this.#fail(`${this.#mostSteps} timers`)
  }
  /** A turn of the event loop. @throws when there have been too many without a timer. */
  turn(): void {
    if (++this.#turns > this.#mostTurns) this.#fail(`${this.#mostTurns} turns without a timer`)
  }

  #fail(what: string): never {
    const most = [...this.#seen].sort(([, a], [, b]) => b - a).slice(0, NAMED)
    const who = most.map(([name, times]) => `${times} times ${name}`).join('; ')
    throw new BrickworkError(
      'ERR_TIMEOUT',
      `FakeHost: a call still waits after ${what}. Last waiting: ${who === '' ? 'no call of a port' : who}`,
    )
  }
}

/** The caller outside of the fake, by the stack. */
export function callerOf(call: string): string {
  const at: { stack?: string } = {}
  Error.captureStackTrace(at)
  const frames = (at.stack ?? '').split('\n').slice(1)
  const outside = frames.find((frame) => !/\/testing\/time\/|node:|<anonymous>/.test(frame))
  return `${call} ${outside?.trim() ?? ''}`.trim()
}
