import type { Call } from '../api/call.js'
import type { OperationName } from '../api/events.js'
import type { Policy } from '../api/policy.js'
import { checkTimeout } from '../connection/schema.js'
import { Deadline, Window } from '../core/deadline.js'
import { BrickworkError, isBrickworkError } from '../core/errors.js'
import type { Lock } from '../core/host.js'
import { NEVER } from '../core/light-signal.js'
import { LinkedSignal, until } from '../core/signal.js'
import { traced } from '../core/tracing.js'
import { type Entry, SCHEMA } from '../operation/entry.js'
import { type AttacherContext, Operation, type OperationOptions } from '../operation/operation.js'
import { DEFAULT_TIMEOUT_MS } from '../operation/policy.js'
import { answerInTime } from './answer-in-time.js'
import { AttachmentLock, lockName } from './attachment-lock.js'
import { busyError } from './busy-error.js'
import type { Journal } from './journal.js'
import { GivingWay } from './giving-way.js'
import { LatePathsOfAttachments } from './late-paths.js'

/** The policy defaults to the attacher's. */
export type RunOptions = Partial<OperationOptions>

/** Runs operations: deadline, admission, attachment lock. Tracks background work until `close()`. */
export class OperationRunner {
  readonly #context: AttacherContext
  readonly #boot: string
  readonly #policy: Policy
  readonly #queryOnly: boolean
  readonly #lock: AttachmentLock
  readonly #latePaths: LatePathsOfAttachments
  readonly #givingWay = new GivingWay()
  readonly #running = new Set<Promise<unknown>>()
  readonly #closing = new LinkedSignal()

  /** @param queryOnly writes nothing: takes no locks, and refuses operations. Default: false. */
  constructor(context: AttacherContext, journal: Journal, boot: string, policy: Policy, queryOnly = false) {
    this.#context = context
    this.#boot = boot
    this.#policy = policy
    this.#queryOnly = queryOnly
    this.#lock = new AttachmentLock(context.host, context.runDir)
    this.#latePaths = new LatePathsOfAttachments(journal, this.#lock)
  }

  /** Aborts when `close()` begins. */
  get closing(): AbortSignal {
    return this.#closing.signal
  }
  /** Whether no operation of this attacher works on the attachment or waits for it. */
  isFree(id: string): boolean {
    return this.#context.coordinator.isIdle(lockName(this.blank(id)))
  }
  /** Whether paths may still join that were late at their attach. */
  hasLatePaths(id: string): boolean {
    return this.#latePaths.of(id) !== undefined
  }
  /** As {@link AttachmentLock.whenIdle}. For queries alone, without the lock: an operation in progress looks like an interrupted one. */
  async whenIdle<T>(entry: Pick<Entry, 'owner' | 'id'>, run: () => Promise<T>): Promise<T | undefined> {
    return this.#queryOnly ? await run() : await this.#lock.whenIdle(entry, run)
  }

  /** @throws `ERR_UNSUPPORTED` when this attacher is for queries alone. */
  requireChanges(verb: OperationName): void {
    if (!this.#queryOnly) return
    throw new BrickworkError('ERR_UNSUPPORTED', `${verb} changes the host, and this attacher is for queries alone (queryOnly)`, {
      details: { field: 'queryOnly' },
    })
  }

  /** As {@link AttachmentLock.tidy}. */
  async tidy(): Promise<void> {
    await this.#lock.tidy()
  }

  /** Runs one operation. Its errors name the attachment. @throws `ERR_ABORTED` when the attacher is closed. */
  async run<T>(verb: OperationName, entry: Entry, call: Call, options: RunOptions, work: (operation: Operation) => Promise<T>): Promise<T> {
    this.requireChanges(verb)
    if (this.closing.aborted) throw new BrickworkError('ERR_ABORTED', 'The attacher is closed', { step: 'admit', volume: entry.id })
    return await this.keep(this.operate(verb, entry, call, options, work))
  }
  /** As {@link OperationRunner.run}, until another operation needs the attachment, in any process, or the attacher closes. */
  async runGivingWay<T>(
    verb: OperationName,
    entry: Entry,
    call: Call,
    options: RunOptions,
    work: (operation: Operation) => Promise<T>,
  ): Promise<T> {
    const requested = (signal: AbortSignal) => this.#lock.yieldRequested(entry, signal)
    return await this.#givingWay.run(entry.id, this.closing, requested, (signal) =>
      this.run(verb, entry, { ...call, signal }, options, work),
    )
  }
  /** As {@link OperationRunner.run}, also while the attacher closes: for background recovery. */
  async operate<T>(
    verb: OperationName,
    entry: Entry,
    call: Call,
    options: RunOptions,
    work: (operation: Operation) => Promise<T>,
  ): Promise<T> {
    this.#givingWay.endFor(entry.id)
    const deadline = this.#deadline(call)
    const operation = this.#operation(entry, deadline, { ...options, verb })
    const { progress } = operation
    progress.emit({ type: 'operation:start', operation: verb })
    try {
      const answer = await traced(
        verb,
        () => ({ owner: entry.owner, id: entry.id }),
        () => answerInTime(operation, deadline, this.keep(this.#admitted(operation, () => work(operation)))),
      )
      progress.end(verb)
      return answer
    } catch (failure) {
      const error = progress.located(failure)
      const named = isBrickworkError(error) ? error.with({ volume: entry.id }) : error
      progress.end(verb, named)
      throw named
    } finally {
      operation.end()
    }
  }
  /** Runs a query: with a deadline, without the attachment lock and admission. */
  async query<T>(call: Call, ask: (operation: Operation) => Promise<T>, id = ''): Promise<T> {
    const deadline = this.#deadline(call)
    const operation = this.#operation(this.blank(id), deadline, {})
    return await answerInTime(operation, deadline, ask(operation))
  }
  /**
   * For a call that consists of several operations: returns a function that gives each of them the remaining time. That function throws
   * `ERR_TIMEOUT` when no time remains.
   * @throws `ERR_INVALID_ARGUMENT`
   */
  timed({ timeoutMs = DEFAULT_TIMEOUT_MS, ...call }: Call): () => Call {
    const { clock } = this.#context.host
    const endsAt = clock.now() + checkTimeout(timeoutMs)
    return () => {
      const leftMs = endsAt - clock.now()
      if (leftMs <= 0) throw new BrickworkError('ERR_TIMEOUT', `Not done within ${timeoutMs} ms`, { step: 'admit', details: { timeoutMs } })
      return { ...call, timeoutMs: Math.max(1, leftMs) }
    }
  }
  /** A new entry without objects. */
  blank(id: string, connection: Entry['connection'] = { protocol: '' }): Entry {
    const { host, owner } = this.#context
    const common = { schema: SCHEMA, id, owner, boot: this.#boot, pid: globalThis.process.pid, atMs: host.clock.wallMs() } as const
    return { ...common, state: 'attaching', connection, objects: [], pending: [], layers: [], publications: [], result: null }
  }
  /** Makes {@link OperationRunner.close} wait for this work, and keeps the process alive until it has ended. */
  async keep<T>(running: Promise<T>): Promise<T> {
    const alive = this.#context.host.clock.keepAlive()
    const ended = running.then(
      () => undefined,
      () => undefined,
    )
    this.#running.add(ended)
    try {
      return await running
    } finally {
      this.#running.delete(ended)
      alive[Symbol.dispose]()
    }
  }
  /**
   * Cancels late paths or waits for them, then waits for all running work. `timeoutMs` limits the wait; default: no limit.
   * @throws `ERR_TIMEOUT` when work is still running then.
   */
  async close(latePaths: 'give-up' | 'wait', timeoutMs?: number): Promise<void> {
    const limitMs = timeoutMs === undefined ? undefined : checkTimeout(timeoutMs)
    this.#closing.abort(new BrickworkError('ERR_ABORTED', 'The attacher is closed'))
    const closed = this.#end(latePaths)
    if (limitMs === undefined) {
      await closed
      return
    }
    using window = new Window(this.#context.host.clock, limitMs, NEVER, 'running operations')
    await until(closed, window.signal).catch((error: unknown) => {
      throw window.signal.aborted && isBrickworkError(error) ? error.with({ sideEffects: 'pending' }) : error
    })
  }
  async #end(latePaths: 'give-up' | 'wait'): Promise<void> {
    await this.#latePaths.close(latePaths)
    while (this.#running.size > 0) await Promise.allSettled(this.#running)
  }

  #deadline({ timeoutMs = DEFAULT_TIMEOUT_MS, signal }: Call): Deadline {
    return new Deadline(this.#context.host.clock, checkTimeout(timeoutMs), signal)
  }
  #operation(entry: Entry, deadline: Deadline, { policy = this.#policy, ...options }: RunOptions): Operation {
    return new Operation(this.#context, entry, deadline, { policy, ...options })
  }
  /** Runs operations in order of arrival, one at a time on an attachment, within this process and across processes. */
  async #admitted<T>(operation: Operation, work: () => Promise<T>): Promise<T> {
    const { place, lock } = await operation.progress
      .step('admit', () => this.#admit(operation))
      .catch((error: unknown) => {
        if (!isBrickworkError(error, 'ERR_TIMEOUT')) throw error
        throw busyError(operation, error)
      })
    try {
      return await work()
    } finally {
      place[Symbol.dispose]()
      if (operation.latePaths === undefined) await lock.release()
      else void this.keep(this.#latePaths.join(operation, operation.latePaths, lock))
    }
  }
  async #admit(operation: Operation): Promise<{ place: Disposable; lock: Lock }> {
    const { signal, waiter } = operation
    const { entry } = operation.claim
    const place = await this.#context.coordinator.admit(lockName(entry), signal, waiter)
    try {
      const late = this.#latePaths.of(entry.id)
      const lock = async () => {
        if (late !== undefined) await until(late.cancel(), signal)
        return await this.#lock.take(entry, signal, operation.user)
      }
      return { place, lock: await waiter.waiting(operation.waitFor(lockName(entry)), lock) }
    } catch (error) {
      place[Symbol.dispose]()
      throw error
    }
  }
}
