import { type Deadline, Window } from '../core/deadline.js'
import { isBrickworkError } from '../core/errors.js'
import type { Host, Lock } from '../core/host.js'
import { traced } from '../core/tracing.js'
import type { OperationEvent, OperationName, Outcome } from '../api/events.js'
import type { Policy } from '../api/policy.js'
import type { StepTiming } from '../api/call.js'
import { Book } from './entry-writer.js'
import type { Claims } from './claims.js'
import type { Coordinator, Scarce } from './coordinator.js'
import type { Entry, HostObject, Pending } from './entry.js'
import type { FreshSecrets } from './refreshed-secrets.js'

/** What all operations of an attacher share. */
export interface Workshop {
  readonly host: Host
  readonly owner: string
  readonly runDir: string
  readonly claims: Claims
  readonly coordinator: Coordinator
  readonly publish: (event: OperationEvent) => void
}

/** What of an attach goes on after its answer: paths that are still on their way. */
export interface Rest {
  /** Resolves when all of it has ended, well or not. */
  readonly done: Promise<void>
  /** Ends it soon; what it had begun is owned or pending then. */
  cancel(): Promise<void>
}

export interface OperationOptions {
  readonly policy: Policy
  readonly force?: boolean | undefined
  /** What the caller of a detach says. */
  readonly onNoPaths?: Policy['onNoPaths'] | undefined
  /** What the caller of an attach has in store for refused credentials. */
  readonly secrets?: FreshSecrets | undefined
}

/** One attach, detach or recovery of one attachment: its time, its memory on the host, its story. */
export class Operation {
  readonly #workshop: Workshop
  readonly #deadline: Deadline
  readonly #startedAt: number
  readonly #book: Book
  #signal: AbortSignal
  readonly policy: Policy
  /** Only a detach may override a silent opener, and only when the caller says so. */
  readonly force: boolean
  readonly #onNoPaths: Policy['onNoPaths'] | undefined
  readonly secrets: FreshSecrets | undefined
  readonly timings: StepTiming[] = []
  rest: Rest | undefined
  /** What has ended the work, once it is being undone. */
  failure: unknown

  constructor(workshop: Workshop, entry: Entry, deadline: Deadline, options: OperationOptions, trunk?: Operation) {
    this.#workshop = workshop
    this.#book = trunk === undefined ? new Book(workshop.host, workshop.claims, entry) : trunk.#book
    this.#deadline = deadline
    this.#signal = deadline.signal
    this.#startedAt = trunk === undefined ? workshop.host.clock.now() : trunk.#startedAt
    if (trunk !== undefined) this.timings = trunk.timings
    this.policy = options.policy
    this.force = options.force ?? false
    this.#onNoPaths = options.onNoPaths
    this.secrets = options.secrets
  }
  get host(): Host {
    return this.#workshop.host
  }
  get runDir(): string {
    return this.#workshop.runDir
  }
  get claims(): Claims {
    return this.#workshop.claims
  }
  get entry(): Entry {
    return this.#book.entry
  }
  /** Whether anything on the host was made, or begun, by this operation; also what has been taken back already. */
  get touched(): boolean {
    return this.#book.touched
  }
  /** Aborts when this part of the operation must stop: the work, or the undoing. */
  get signal(): AbortSignal {
    return this.#signal
  }
  /** As this call says, else as the attach said, else as the attacher does. */
  get onNoPaths(): Policy['onNoPaths'] {
    return this.#onNoPaths ?? this.entry.onNoPaths ?? this.policy.onNoPaths
  }
  /** Whether the caller was told that the time is over, while this goes on. */
  get answered(): boolean {
    return this.#deadline.answered
  }
  /** What is left for the work. */
  get remainingMs(): number {
    return this.#deadline.remainingMs
  }

  /** Runs a step of the story: timed, published, its name in its error. */
  async step<T>(step: string, run: () => Promise<T>, path?: string): Promise<T> {
    const { clock } = this.host
    const { id, owner } = this.entry
    const where = path === undefined ? {} : { path }
    const from = clock.now()
    let outcome: Outcome = 'ok'
    this.#workshop.publish({ type: 'step:start', at: clock.wallMs(), id, step, ...where })
    try {
      this.#signal.throwIfAborted()
      return await traced('step', () => ({ owner, id, step, ...where }), run)
    } catch (error) {
      outcome = outcomeOf(error)
      if (!isBrickworkError(error)) throw error
      throw error.step === undefined ? error.with({ step }) : error
    } finally {
      const ms = clock.now() - from
      this.timings.push({ step, startMs: from - this.#startedAt, ms, ...where })
      this.#workshop.publish({ type: 'step:end', at: clock.wallMs(), id, step, ms, outcome, ...where })
    }
  }
  /** Something an operator may want to know that is no error. */
  note(message: string, fields: Readonly<Record<string, unknown>> = {}): void {
    this.#workshop.publish({ type: 'note', at: this.host.clock.wallMs(), id: this.entry.id, message, fields })
    this.host.log.warn({ id: this.entry.id, ...fields }, message)
  }

  /** A map that was made without multipathd has not been taken over by it. */
  tellUnmanaged(map: string): void {
    this.#workshop.publish({ type: 'map:unmanaged', at: this.host.clock.wallMs(), id: this.entry.id, map })
  }

  /** Runs while no other operation on this host, of any process, holds the lock of that name. */
  async locked<T>(name: string, run: () => Promise<T>): Promise<T> {
    const lock: Lock = await this.host.locks.take(`${this.runDir}/locks`, name, this.#signal)
    try {
      return await run()
    } finally {
      await lock.release()
    }
  }

  /**
   * Runs when it is our turn at what only so many operations of this attacher use at once; a wait for that is a step of the story. The turn lasts as
   * long as what is `lingering` when the run has ended: something that was given up, and goes on.
   */
  async inTurn<T>(
    scarce: Scarce,
    name: string,
    run: () => Promise<T>,
    { path, lingering }: { readonly path?: string; readonly lingering?: () => Promise<unknown> | undefined } = {},
  ): Promise<T> {
    const { coordinator } = this.#workshop
    const take = () => coordinator.take(scarce, name, this.#signal)
    const turn = coordinator.isFree(scarce, name) ? await take() : await this.step(`wait-for-${scarce}`, take, path)
    const end = () => turn[Symbol.dispose]()
    try {
      return await run()
    } finally {
      const rest = lingering?.()
      if (rest === undefined) end()
      else void rest.then(end, end)
    }
  }

  /** Changes what is written about the attachment; the claim says so before the next step begins. */
  async update(change: Partial<Entry>): Promise<void> {
    await this.#book.update(change)
  }
  /** Adds an object, or replaces what was said of it. */
  async own(object: HostObject): Promise<void> {
    await this.#book.own(object)
  }
  async disown(key: string): Promise<void> {
    await this.#book.disown(key)
  }
  async pend(pending: Pending): Promise<void> {
    await this.#book.pend(pending)
  }
  async settled(key: string): Promise<void> {
    await this.#book.settled(key)
  }
  async othersOf(key: string): Promise<HostObject[]> {
    return await this.claims.others(this.entry.owner, this.entry.id, key)
  }
  /** Of an object that is there already: `found` unless a claim of this library created or adopted it. */
  async originOf(key: string): Promise<'found' | 'created' | 'adopted'> {
    return this.originAmong(await this.claims.about(key), key)
  }
  /** The same by what these claims say, which were read under the object's lock. */
  originAmong(claims: readonly Entry[], key: string): 'found' | 'created' | 'adopted' {
    const { owner, id } = this.entry
    const others = claims.filter((each) => each.owner !== owner || each.id !== id)
    const origins = [this.entry, ...others].flatMap(({ objects }) => objects.filter((each) => each.key === key).map(({ origin }) => origin))
    if (origins.includes('adopted')) return 'adopted'
    return origins.some((origin) => origin !== 'found') ? 'created' : 'found'
  }

  /** A part of this operation that goes on by itself, and may outlive it: same attachment, same story, its own end. */
  branch(signal: AbortSignal): Operation {
    const branch = new Operation(
      this.#workshop,
      this.entry,
      this.#deadline,
      { policy: this.policy, force: this.force, onNoPaths: this.#onNoPaths, secrets: this.secrets },
      this,
    )
    branch.#signal = signal
    return branch
  }
  /** From here on the time that is reserved for undoing runs, whatever ended the work. */
  beginUndo(failure?: unknown): void {
    this.failure = failure
    this.#signal = this.#deadline.undoSignal()
  }
  /** Runs with less time than the operation has; `false` when that was not enough. */
  async within(ms: number, run: (part: Operation) => Promise<void>): Promise<boolean> {
    const outer = this.#signal
    using window = new Window(this.host.clock, ms, outer, 'a short wait')
    try {
      await run(this.branch(window.signal))
      return true
    } catch (error) {
      if (window.signal.aborted && !outer.aborted) return false
      throw error
    }
  }
  end(operation: OperationName, error?: unknown): void {
    this.#workshop.publish({
      type: 'operation:end',
      at: this.host.clock.wallMs(),
      operation,
      id: this.entry.id,
      outcome: error === undefined ? 'ok' : outcomeOf(error),
      ...(isBrickworkError(error) ? { sideEffects: error.sideEffects } : {}),
      ms: this.host.clock.now() - this.#startedAt,
    })
  }
}

function outcomeOf(error: unknown): Outcome {
  return isBrickworkError(error) ? error.code : 'unexpected'
}
