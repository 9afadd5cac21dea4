import type { OperationName } from '../api/events.js'
import type { Policy } from '../api/policy.js'
import { type Deadline, Window } from '../core/deadline.js'
import type { Host, Lock } from '../core/host.js'
import type { LockUser } from '../core/lock-note.js'
import { lockInWords } from '../core/waiting-words.js'
import type { Claims } from './claims.js'
import type { Coordinator, Scarce, Waiter } from './coordinator.js'
import type { Entry } from './entry.js'
import { EntryWriter } from './entry-writer.js'
import { LongWaits } from './long-waits.js'
import { Progress, type Publish } from './progress.js'
import type { RefreshedSecrets } from './refreshed-secrets.js'
import { UdevWatch } from './udev-watch.js'
import { holdersHere, lockHolders } from './wait-holders.js'
import { type Wait, whileWaiting } from './waiting.js'

/** What all operations of an attacher share. */
export interface AttacherContext {
  readonly host: Host
  readonly owner: string
  readonly runDir: string
  readonly claims: Claims
  readonly coordinator: Coordinator
  readonly publish: Publish
}

/** The part of an attach that continues after its answer: paths that are not up yet. */
export interface LatePaths {
  /** Resolves when all of them have ended, successfully or not. */
  readonly done: Promise<void>
  /** Ends them soon. What they had begun is then owned or pending. */
  cancel(): Promise<void>
}

export interface OperationOptions {
  readonly policy: Policy
  /** Only a detach may override openers without O_EXCL, and only when its caller asks for it. Default false. */
  readonly force?: boolean | undefined
  /** As the caller of a detach specified. */
  readonly onNoPaths?: Policy['onNoPaths'] | undefined
  /** Further credentials from the caller of an attach. */
  readonly secrets?: RefreshedSecrets | undefined
  /** What the caller called, for those who wait for this operation. A query has none. */
  readonly verb?: OperationName | undefined
}

/** One attach, detach or recovery of one attachment: its deadline, its claim and its progress. */
export class Operation {
  readonly #context: AttacherContext
  readonly #deadline: Deadline
  readonly #options: OperationOptions
  readonly #longWaits: LongWaits
  #signal: AbortSignal
  readonly host: Host
  readonly runDir: string
  /** Claims of all attachments on this host. */
  readonly claims: Claims
  /** The record of the operation's own attachment. */
  readonly claim: EntryWriter
  readonly progress: Progress
  readonly policy: Policy
  readonly force: boolean
  readonly secrets: RefreshedSecrets | undefined
  /** Started by an attach that waits for udev. */
  readonly udev: UdevWatch
  latePaths: LatePaths | undefined
  /** The error that ended the work, once the rollback has begun. */
  failure: unknown

  constructor(context: AttacherContext, entry: Entry, deadline: Deadline, options: OperationOptions, trunk?: Operation) {
    const { host, runDir, claims, publish } = context
    this.#context = context
    this.#deadline = deadline
    this.#options = options
    this.#signal = deadline.signal
    this.host = host
    this.runDir = runDir
    this.claims = claims
    this.claim = trunk?.claim ?? new EntryWriter(host, claims, entry)
    this.progress = new Progress(host, publish, entry, () => this.#signal, trunk?.progress)
    this.policy = options.policy
    this.force = options.force ?? false
    this.secrets = options.secrets
    this.udev = trunk?.udev ?? new UdevWatch()
    this.#longWaits = trunk === undefined ? new LongWaits(host) : trunk.#longWaits
    if (trunk === undefined) deadline.at = () => this.progress.current
  }
  /** Aborts when this part of the operation must stop: the work, or the rollback. */
  get signal(): AbortSignal {
    return this.#signal
  }
  /** From this call, or else from the attach, or else from the attacher. */
  get onNoPaths(): Policy['onNoPaths'] {
    return this.#options.onNoPaths ?? this.claim.entry.onNoPaths ?? this.policy.onNoPaths
  }
  /** Whether the caller already got a timeout, while the operation continues. */
  get answered(): boolean {
    return this.#deadline.answered
  }
  /** Milliseconds that are left for the work. */
  get remainingMs(): number {
    return this.#deadline.remainingMs
  }

  /** Tells others who this is when it holds what they wait for. */
  get user(): LockUser {
    const { owner, id } = this.claim.entry
    return { owner, id, operation: this.#options.verb }
  }
  /** How this operation waits for what others may have. */
  get waiter(): Waiter {
    const { owner, id, operation } = this.user
    const work = { owner, id, ...(operation === undefined ? {} : { operation }) }
    return {
      holder: () => ({ ...work, sinceMs: Math.round(this.host.clock.wallMs()) }),
      found: (holders) => holdersHere(this.host, holders),
      waiting: (wait, run) => whileWaiting(this.host, this.progress, this.#longWaits, wait, run),
    }
  }
  /** Waits for the lock of this name, which no other operation on this host, in any process, holds then. */
  async lock(name: string, signal = this.#signal): Promise<Lock> {
    const directory = `${this.runDir}/locks`
    const take = () => this.host.locks.take(directory, name, signal, this.user)
    return await whileWaiting(this.host, this.progress, this.#longWaits, this.waitFor(name), take)
  }
  /** A wait for the lock of this name. */
  waitFor(name: string): Wait {
    return { awaited: lockInWords(name), holders: () => lockHolders(this.host, `${this.runDir}/locks`, name) }
  }
  /** Runs `run` under the lock of this name. */
  async locked<T>(name: string, run: () => Promise<T>): Promise<T> {
    const lock = await this.lock(name)
    try {
      return await run()
    } finally {
      await lock.release()
    }
  }
  /**
   * Runs when fewer operations of this attacher use the thing than its limit allows. Waiting for that is a step. If abandoned work
   * continues after the run (`lingering`), the place stays occupied until that work ends.
   */
  async inTurn<T>(
    scarce: Scarce,
    name: string,
    run: () => Promise<T>,
    { path, lingering }: { readonly path?: string; readonly lingering?: () => Promise<unknown> | undefined } = {},
  ): Promise<T> {
    const { coordinator } = this.#context
    const take = () => coordinator.take(scarce, name, this.#signal, this.waiter)
    const turn = coordinator.isFree(scarce, name) ? await take() : await this.progress.step(`wait-for-${scarce}`, take, path)
    const end = () => turn[Symbol.dispose]()
    try {
      return await run()
    } finally {
      const rest = lingering?.()
      if (rest === undefined) end()
      else void rest.then(end, end)
    }
  }

  /** A part of this operation that runs by itself and may outlive it. It shares attachment and progress, and has its own signal. */
  branch(signal: AbortSignal): Operation {
    const branch = new Operation(this.#context, this.claim.entry, this.#deadline, this.#options, this)
    branch.#signal = signal
    return branch
  }
  /** The operation has answered: it waits for nothing any more. Its parts may. */
  end(): void {
    this.#longWaits.end()
  }
  /** Starts the time that is reserved for the rollback, no matter what ended the work. */
  beginRollback(failure?: unknown): void {
    this.failure = failure
    this.#signal = this.#deadline.rollbackSignal()
  }
  /** Runs with less time than the operation has. Returns `false` when that time was not enough. */
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
}
