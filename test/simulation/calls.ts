/** Calls of attachers in progress: when each must have answered, and how its answer is handled. */
import { isBrickworkError } from '../../lib/index.js'
import type { FakeHost } from '../../lib/testing/index.js'
import type { Agent } from './agent.js'
import type { Story } from './story.js'
import { Violation } from './violation.js'

/** The promise is 0.5 s. Calls of the fake machine without a signal may add their planted delays. */
const LATE_MS = 500

export interface Call<T> {
  readonly what: string
  readonly timeoutMs: number
  readonly start: (signal: AbortSignal) => Promise<T>
  /** Returns the text for the log. */
  readonly answered: (value: T) => string
  readonly failed?: (error: unknown) => void
  /** The process died during the call. */
  readonly died?: () => void
}
interface UnderWay {
  readonly agent: Agent
  readonly host: FakeHost
  readonly what: string
  readonly dueMs: number
  readonly ended: Promise<void>
  readonly abort: () => void
}

export class Calls {
  readonly #story: Story
  readonly #broken: (violation: Violation) => void
  readonly #underWay = new Set<UnderWay>()
  answered = 0
  failed = 0
  readonly outcomes = new Map<string, number>()

  constructor(story: Story, broken: (violation: Violation) => void) {
    this.#story = story
    this.#broken = broken
  }
  get size(): number {
    return this.#underWay.size
  }
  of(agent: Agent): number {
    return [...this.#underWay].filter((each) => each.agent === agent).length
  }
  abort(index: number): void {
    const chosen = [...this.#underWay][index]
    if (chosen === undefined) return
    this.#story.tell(chosen.host.clock.now(), `${chosen.agent.name}: ${chosen.what} is aborted`)
    chosen.abort()
  }
  start<T>(agent: Agent, call: Call<T>): Promise<void> {
    const { host } = agent
    const { what, timeoutMs } = call
    const from = host.clock.now()
    this.#story.tell(from, `${agent.name}: ${what}`)
    const controller = new AbortController()
    const answer = call.start(controller.signal).then(
      (value) => this.#answer(agent, host, call, from, () => call.answered(value)),
      (error: unknown) =>
        this.#answer(agent, host, call, from, () => {
          call.failed?.(error)
          return this.#failure(what, error)
        }),
    )
    const ended = Promise.race([answer, host.died]).then(() => {
      this.#underWay.delete(underWay)
      if (!host.alive) call.died?.()
    })
    const abort = () => {
      controller.abort(new Error('no longer wanted'))
    }
    const underWay: UnderWay = { agent, host, what, dueMs: from + timeoutMs + LATE_MS, ended, abort }
    this.#underWay.add(underWay)
    return ended
  }
  /** Waits until all calls now in progress have ended, or their processes have died. */
  async ended(): Promise<void> {
    await Promise.all([...this.#underWay].map(({ ended }) => ended))
  }
  /** @throws if a call should have answered by now. */
  check(nowMs: number): void {
    const late = [...this.#underWay].find(({ dueMs, host }) => host.alive && nowMs > dueMs)
    if (late !== undefined) throw new Violation('every call answers by its deadline', `${late.agent.name}: ${late.what} has not answered`)
  }

  #answer<T>(agent: Agent, host: FakeHost, { what, timeoutMs }: Call<T>, from: number, say: () => string): void {
    if (!host.alive) return
    const now = host.clock.now()
    const took = now - from
    this.answered += 1
    try {
      this.#story.tell(now, `${agent.name}: ${what} → ${say()}`)
      if (took > timeoutMs + LATE_MS)
        throw new Violation(
          'every call answers by its deadline',
          `${agent.name}: ${what} answered after ${took} ms, its time was ${timeoutMs}`,
        )
    } catch (error) {
      this.#broken(error instanceof Violation ? error : new Violation('the simulation itself', String((error as Error).stack)))
    }
  }
  #failure(what: string, error: unknown): string {
    this.failed += 1
    if (!isBrickworkError(error)) throw new Violation('errors are BrickworkErrors', `${what}: ${String((error as Error).stack)}`)
    if (error.code === 'ERR_INTERNAL') throw new Violation('what must never be is not met', `${what}: ${error.message}`)
    this.#count(`${what.split(' ')[0] ?? ''} ${error.code}`)
    return `${error.code} at ${error.step ?? '-'}, ${error.sideEffects}: ${error.message}`
  }
  #count(outcome: string): void {
    this.outcomes.set(outcome, (this.outcomes.get(outcome) ?? 0) + 1)
  }
}
