import { setMaxListeners } from 'node:events'
import { checkTimeout } from '../connection/schema.js'
import { Deadline, Window } from '../core/deadline.js'
import { BrickworkError, isBrickworkError } from '../core/errors.js'
import type { Lock } from '../core/host.js'
import { NOT_NEEDED, until } from '../core/signal.js'
import { traced } from '../core/tracing.js'
import type { OperationName } from '../api/events.js'
import type { Policy } from '../api/policy.js'
import type { Call } from '../api/call.js'
import { answerInTime } from './answer-in-time.js'
import { digest } from '../operation/digest.js'
import { type Entry, SCHEMA } from '../operation/entry.js'
import type { FreshSecrets } from '../operation/refreshed-secrets.js'
import type { Journal } from './journal.js'
import { Operation, type Rest, type Workshop } from '../operation/operation.js'
import { DEFAULT_TIMEOUT_MS } from '../operation/policy.js'

export type Verb = OperationName
export interface Terms {
  readonly policy?: Policy
  readonly force?: boolean
  readonly onNoPaths?: Policy['onNoPaths'] | undefined
  readonly secrets?: FreshSecrets | undefined
}

/** A lock that is not had within this is held by somebody who may make way. */
const PATIENCE_MS = 100
/** How often who only lets late paths join looks whether somebody waits. */
const WISH_MS = 250
const WISH_LASTS_MS = 600_000
const lockName = ({ owner, id }: Pick<Entry, 'owner' | 'id'>) => `attachment ${owner} ${id}`
const wishFile = (runDir: string, { owner, id }: Pick<Entry, 'owner' | 'id'>) => `${runDir}/wishes/${digest(owner, id)}`

/** Where operations are given their time, their turn and their lock, and where what they leave under way is kept in mind. */
export class Office {
  readonly #workshop: Workshop
  readonly #journal: Journal
  readonly #boot: string
  readonly #policy: Policy
  readonly #underWay = new Set<Promise<unknown>>()
  /** Paths that are still on their way, by attachment. */
  readonly #rests = new Map<string, Rest>()
  readonly #never = new AbortController().signal
  readonly #closing = new AbortController()
  #givesUp = false

  constructor(workshop: Workshop, journal: Journal, boot: string, policy: Policy) {
    this.#workshop = workshop
    this.#journal = journal
    this.#boot = boot
    this.#policy = policy
    setMaxListeners(0, this.#closing.signal) // as many as there are things that it ends
  }

  /** Aborts when the attacher is to be closed. */
  get closing(): AbortSignal {
    return this.#closing.signal
  }

  /** Whether no operation of this attacher is at the attachment, or waits to be. */
  isFree(id: string): boolean {
    return this.#workshop.coordinator.isIdle(lockName(this.blank(id)))
  }

  /** One operation from beginning to end. Its failure names the attachment. */
  async run<T>(verb: Verb, entry: Entry, call: Call, terms: Terms, work: (operation: Operation) => Promise<T>): Promise<T> {
    if (this.closing.aborted) throw new BrickworkError('ERR_ABORTED', 'The attacher is closed', { volume: entry.id })
    return await this.keep(this.operate(verb, entry, call, terms, work))
  }
  /** As {@link Office.run}, also for what a closing attacher still has to put right. */
  async operate<T>(verb: Verb, entry: Entry, call: Call, terms: Terms, work: (operation: Operation) => Promise<T>): Promise<T> {
    const { host } = this.#workshop
    const deadline = this.#deadline(call)
    const operation = this.#operation(entry, deadline, terms)
    this.#workshop.publish({ type: 'operation:start', at: host.clock.wallMs(), operation: verb, id: entry.id })
    try {
      const answer = await traced(
        verb,
        () => ({ owner: entry.owner, id: entry.id }),
        () => answerInTime(operation, deadline, this.keep(this.#admitted(operation, () => work(operation)))),
      )
      operation.end(verb)
      return answer
    } catch (error) {
      const said = isBrickworkError(error) ? error.with({ volume: entry.id }) : error
      operation.end(verb, said)
      throw said
    }
  }
  /** A question: a deadline, and neither lock nor place. */
  async look<T>(call: Call, ask: (operation: Operation) => Promise<T>, id = ''): Promise<T> {
    const deadline = this.#deadline(call)
    const operation = this.#operation(this.blank(id), deadline, {})
    return await answerInTime(operation, deadline, ask(operation))
  }
  /** Looks while no process is at work on an attachment, of whichever owner; `undefined` when one is. */
  async whenIdle<T>(entry: Pick<Entry, 'owner' | 'id'>, look: () => Promise<T>): Promise<T | undefined> {
    const { host, runDir } = this.#workshop
    using soon = new Window(host.clock, PATIENCE_MS, this.#never, 'lock')
    const lock = await host.locks.take(`${runDir}/locks`, lockName(entry), soon.signal).catch((error: unknown) => {
      if (!soon.signal.aborted) throw error
      return undefined
    })
    try {
      return lock === undefined ? undefined : await look()
    } finally {
      await lock?.release()
    }
  }
  /** An entry that nothing is known of yet. */
  blank(id: string, connection: Entry['connection'] = { protocol: '' }): Entry {
    const { host, owner } = this.#workshop
    const common = { schema: SCHEMA, id, owner, boot: this.#boot, pid: globalThis.process.pid, atMs: host.clock.wallMs() } as const
    return { ...common, state: 'attaching', connection, objects: [], pending: [], layers: [], publications: [], result: null }
  }
  /** {@link Office.close} waits for it. */
  async keep<T>(running: Promise<T>): Promise<T> {
    const settled = running.then(
      () => undefined,
      () => undefined,
    )
    this.#underWay.add(settled)
    try {
      return await running
    } finally {
      this.#underWay.delete(settled)
    }
  }
  async close(latePaths: 'give-up' | 'wait'): Promise<void> {
    this.#closing.abort(new BrickworkError('ERR_ABORTED', 'The attacher is closed'))
    this.#givesUp = latePaths === 'give-up'
    if (latePaths === 'wait') await Promise.all([...this.#rests.values()].map(({ done }) => done))
    await Promise.all([...this.#rests.values()].map((rest) => rest.cancel()))
    while (this.#underWay.size > 0) await Promise.allSettled(this.#underWay)
  }

  #deadline({ timeoutMs = DEFAULT_TIMEOUT_MS, signal }: Call): Deadline {
    return new Deadline(this.#workshop.host.clock, checkTimeout(timeoutMs), signal)
  }
  #operation(entry: Entry, deadline: Deadline, { policy = this.#policy, ...terms }: Terms): Operation {
    return new Operation(this.#workshop, entry, deadline, { policy, ...terms })
  }
  /** In order of arrival, and one operation at a time on an attachment, in this process and between processes. */
  async #admitted<T>(operation: Operation, work: () => Promise<T>): Promise<T> {
    const { place, lock } = await operation
      .step('admit', () => this.#admit(operation))
      .catch((error: unknown) => {
        if (!isBrickworkError(error, 'ERR_TIMEOUT')) throw error
        const { id } = operation.entry
        throw new BrickworkError('ERR_BUSY', `No turn came for ${JSON.stringify(id)}: other operations are under way`, {
          step: 'admit',
          cause: error,
        })
      })
    try {
      return await work()
    } finally {
      place[Symbol.dispose]()
      if (operation.rest === undefined) await lock.release()
      else this.#letJoin(operation, operation.rest, lock)
    }
  }
  async #admit({ entry, signal }: Operation): Promise<{ place: Disposable; lock: Lock }> {
    const place = await this.#workshop.coordinator.admit(lockName(entry), signal)
    try {
      const rest = this.#rests.get(entry.id)
      if (rest !== undefined) await until(rest.cancel(), signal)
      return { place, lock: await this.#lock(entry, signal) }
    } catch (error) {
      place[Symbol.dispose]()
      throw error
    }
  }
  /** Who has to wait says so in a file: another process that only lets late paths join makes way. */
  async #lock(entry: Entry, signal: AbortSignal): Promise<Lock> {
    const { host, runDir } = this.#workshop
    const taking = host.locks.take(`${runDir}/locks`, lockName(entry), signal)
    using soon = new Window(host.clock, PATIENCE_MS, signal, 'lock')
    const lock = await until(taking, soon.signal).catch(() => undefined)
    if (lock !== undefined) return lock
    const wish = wishFile(runDir, entry)
    try {
      await host.files.makeDirectory(`${runDir}/wishes`, 0o700)
      await host.files.replace(wish, '', 0o600)
      return await taking
    } catch (error) {
      // The lock may still come; nobody would ever give it back.
      void taking.then(
        (late) => late.release(),
        () => undefined,
      )
      throw error
    } finally {
      await host.files.remove(wish)
    }
  }
  /** Late paths join behind the lock of the attachment; the next operation of this process on it ends that. */
  #letJoin(operation: Operation, rest: Rest, lock: Lock): void {
    const { id, owner } = operation.entry
    const { host, claims } = this.#workshop
    const join = async () => {
      try {
        await Promise.race([rest.done, this.#wished(operation.entry, rest)])
      } finally {
        await rest.done // the lock is kept until nothing of the attach is under way, whatever went wrong with looking
      }
      const known = await claims.read(owner, id)
      if (known?.state === 'attached') await this.#journal.write(operation.entry)
    }
    const joined = join()
      .catch((error: unknown) => host.log.warn({ id, error }, 'late paths could not be written down; recover() will'))
      .finally(async () => {
        if (this.#rests.get(id) === own) this.#rests.delete(id)
        await lock.release()
      })
    const own: Rest = {
      done: joined,
      cancel: async () => {
        await rest.cancel()
        await joined
      },
    }
    this.#rests.set(id, own)
    void this.keep(joined)
    if (this.#givesUp) void own.cancel() // closed while the attach was at it
  }
  /** Ends the joining when another process waits for the attachment. */
  async #wished(entry: Entry, rest: Rest): Promise<void> {
    const { host, runDir } = this.#workshop
    const ended = new AbortController()
    void rest.done.then(() => ended.abort(NOT_NEEDED))
    while (!ended.signal.aborted) {
      const wish = await host.files.stat(wishFile(runDir, entry))
      // One that is older was left by a process that was killed.
      if (wish !== undefined && host.clock.wallMs() - wish.modifiedMs < WISH_LASTS_MS) {
        await rest.cancel()
        return
      }
      await host.clock.sleep(WISH_MS, ended.signal).catch(() => undefined)
    }
  }
}
