import type { StepTiming } from '../api/call.js'
import type { OperationEvent, OperationName, Outcome, StepName } from '../api/events.js'
import { isBrickworkError } from '../core/errors.js'
import type { Host } from '../core/host.js'
import { traced } from '../core/tracing.js'

export type Publish = (event: OperationEvent) => void

type Own<E> = E extends OperationEvent ? Omit<E, 'at' | 'id'> : never

/** What an operation reports while it works: its steps, and notes for an operator. */
export class Progress {
  readonly #host: Host
  readonly #publish: Publish
  readonly #about: { readonly owner: string; readonly id: string }
  readonly #signal: () => AbortSignal
  readonly #startedAt: number
  readonly timings: StepTiming[]

  /** `trunk`: the progress of the operation that this is a part of. */
  constructor(
    host: Host,
    publish: Publish,
    about: { readonly owner: string; readonly id: string },
    signal: () => AbortSignal,
    trunk?: Progress,
  ) {
    this.#host = host
    this.#publish = publish
    this.#about = about
    this.#signal = signal
    this.#startedAt = trunk === undefined ? host.clock.now() : trunk.#startedAt
    this.timings = trunk === undefined ? [] : trunk.timings
  }
  /** Runs a step unless the operation's signal has aborted. Measures and publishes the step, and adds its name to its error. */
  async step<T>(step: StepName, run: () => Promise<T>, path?: string): Promise<T> {
    const { clock } = this.#host
    const where = path === undefined ? {} : { path }
    const from = clock.now()
    let outcome: Outcome = 'ok'
    this.emit({ type: 'step:start', step, ...where })
    try {
      this.#signal().throwIfAborted()
      return await traced('step', () => ({ ...this.#about, step, ...where }), run)
    } catch (error) {
      outcome = outcomeOf(error)
      if (!isBrickworkError(error)) throw error
      throw error.step === undefined ? error.with({ step }) : error
    } finally {
      const ms = clock.now() - from
      this.timings.push({ step, startMs: from - this.#startedAt, ms, ...where })
      this.emit({ type: 'step:end', step, ms, outcome, ...where })
    }
  }
  /** Reports something that an operator may need to know, and that is not an error. */
  note(message: string, fields: Readonly<Record<string, unknown>> = {}): void {
    this.emit({ type: 'note', message, fields })
    this.#host.log.warn({ id: this.#about.id, ...fields }, message)
  }
  emit(event: Own<OperationEvent>): void {
    this.#publish({ ...event, at: this.#host.clock.wallMs(), id: this.#about.id })
  }
  end(operation: OperationName, error?: unknown): void {
    this.emit({
      type: 'operation:end',
      operation,
      outcome: error === undefined ? 'ok' : outcomeOf(error),
      ...(isBrickworkError(error) ? { sideEffects: error.sideEffects } : {}),
      ms: this.#host.clock.now() - this.#startedAt,
    })
  }
}

function outcomeOf(error: unknown): Outcome {
  return isBrickworkError(error) ? error.code : 'unexpected'
}
