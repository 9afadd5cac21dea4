/** Counts virtual steps, so that a loop that never ends fails with its name, and no clock of the wall has to. */

import { BrickworkError } from '../../core/errors.js'

/** Timers that one machine may see. A storm of a thousand operations has a tenth of it. */
const MOST_STEPS = 2_000_000
/** Turns of the event loop without rest and without a timer. */
const MOST_TURNS = 2_000_000
/** So many are looked at before the limit is reached. */
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
  /** Somebody begins to wait; `who` is asked only near a limit. */
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
      `FakeHost: after ${what} somebody still waits. Who waited last: ${who === '' ? 'nobody by a port' : who}`,
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
