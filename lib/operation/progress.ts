import type { StepTiming } from '../api/call.js'
import type { OperationEvent, OperationName, Outcome, StepName } from '../api/events.js'
import type { WaitHolder } from '../core/error-data.js'
import { isBrickworkError } from '../core/errors.js'
import type { Host } from '../core/host.js'
import { silentLog } from '../core/silent-log.js'
import { isTraced, traced } from '../core/tracing.js'
import { type EndedWait, endsWork, explained } from './ended-wait.js'
import { logEvent } from './event-lines.js'

export interface Publish {
  (event: OperationEvent): void
  /** Whether anybody listens now. Absent: somebody does. */
  readonly isHeard?: () => boolean
}

type Own<E> = E extends OperationEvent ? Omit<E, 'at' | 'id'> : never

interface RunningStep {
  readonly step: StepName
  readonly path?: string
}

/** What an operation reports while it works: its steps, and notes for an operator. */
export class Progress {
  readonly #host: Host
  readonly #publish: Publish
  readonly #about: { readonly owner: string; readonly id: string }
  readonly #signal: () => AbortSignal
  readonly #startedAt: number
  /** Steps that run now, of the whole operation and of its parts, in the order of their start. */
  readonly #running: Set<RunningStep>
  readonly timings: StepTiming[]
  readonly #waits: { ended?: EndedWait }

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
    this.#running = trunk === undefined ? new Set() : trunk.#running
    this.timings = trunk === undefined ? [] : trunk.timings
    this.#waits = trunk === undefined ? {} : trunk.#waits
  }
  /**
   * The step that the operation is at: its own step, or else that of the path that has been at it for the longest time. Between two steps,
   * the one that ended last.
   */
  get current(): StepName | undefined {
    const running = [...this.#running]
    const own = running.findLast(({ path }) => path === undefined)
    const [oldest] = running
    const ofPath = running.findLast(({ path }) => path === oldest?.path)
    return (own ?? ofPath ?? this.timings.at(-1))?.step
  }
  /** The step that a path is at, or was at last. */
  ofPath(path: string): StepName | undefined {
    const steps = [...this.timings, ...this.#running]
    return (steps.findLast((each) => each.path === path) ?? steps.at(-1))?.step
  }
  /** The error with the step that the operation is at, unless it names one, and with the wait of that step that it has ended. */
  located(error: unknown): unknown {
    const { current } = this
    if (!isBrickworkError(error)) return error
    const located = error.step === undefined && current !== undefined ? error.with({ step: current }) : error
    const { ended } = this.#waits
    const isKnown = ended === undefined || error.details['waitedMs'] !== undefined || !endsWork(error)
    return isKnown ? located : explained(located, ended, this.#host.clock.wallMs())
  }
  /** The end of the work has ended a wait of the step that the operation was at. */
  waitEnded(wait: EndedWait): void {
    this.#waits.ended ??= wait
  }
  /** Runs a step unless the operation's signal has aborted. Measures and publishes the step, and adds its name to its error. */
  async step<T>(step: StepName, run: () => Promise<T>, path?: string): Promise<T> {
    const { clock } = this.#host
    const from = clock.now()
    let outcome: Outcome = 'ok'
    const running = path === undefined ? { step } : { step, path }
    this.#running.add(running)
    if (this.#isHeard) this.emit({ type: 'step:start', ...running })
    try {
      this.#signal().throwIfAborted()
      return await (isTraced('step') ? traced('step', () => ({ ...this.#about, ...running }), run) : run())
    } catch (error) {
      outcome = outcomeOf(error)
      if (!isBrickworkError(error)) throw error
      throw error.step === undefined ? error.with({ step }) : error
    } finally {
      const ms = toMicroseconds(clock.now() - from)
      this.#running.delete(running)
      const startMs = toMicroseconds(from - this.#startedAt)
      this.timings.push(path === undefined ? { step, startMs, ms } : { step, startMs, ms, path })
      if (this.#isHeard) this.emit({ type: 'step:end', ms, outcome, ...running })
    }
  }
  /** Reports something that an operator may have to act on, and that is not an error. */
  note(message: string, fields: Readonly<Record<string, unknown>> = {}): void {
    this.emit({ type: 'note', message, fields })
    this.#host.log.warn({ id: this.#about.id, ...fields }, message)
  }
  /** Reports something that explains what the operation does, and that needs no action. */
  mention(message: string, fields: Readonly<Record<string, unknown>> = {}): void {
    this.emit({ type: 'note', message, fields })
    this.debug(message, fields)
  }
  /** Reports what the operation waits for. */
  waiting(awaited: string, waitedMs: number, heldBy: readonly WaitHolder[]): void {
    const { current } = this
    this.emit({ type: 'waiting', awaited, waitedMs, heldBy, ...(current === undefined ? {} : { step: current }) })
  }
  /** Writes a detail to the log. */
  debug(message: string, fields: Readonly<Record<string, unknown>> = {}): void {
    const { log } = this.#host
    if (log !== silentLog) log.debug({ id: this.#about.id, ...fields }, message)
  }
  /** Nobody hears the events of an attacher without a reader and without a log. */
  get #isHeard(): boolean {
    return this.#host.log !== silentLog || (this.#publish.isHeard?.() ?? true)
  }
  emit(event: Own<OperationEvent>): void {
    if (!this.#isHeard) return
    const published: OperationEvent = { ...event, at: this.#host.clock.wallMs(), id: this.#about.id }
    this.#publish(published)
    logEvent(this.#host.log, published)
  }
  end(operation: OperationName, error?: unknown): void {
    this.emit({
      type: 'operation:end',
      operation,
      outcome: error === undefined ? 'ok' : outcomeOf(error),
      ...(isBrickworkError(error) ? { sideEffects: error.sideEffects } : {}),
      ms: toMicroseconds(this.#host.clock.now() - this.#startedAt),
    })
  }
}

/** The clock has more digits than it measures. */
function toMicroseconds(ms: number): number {
  return Math.round(ms * 1000) / 1000
}

function outcomeOf(error: unknown): Outcome {
  return isBrickworkError(error) ? error.code : 'unexpected'
}
