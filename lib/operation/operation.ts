import type { Policy } from '../api/policy.js'
import { type Deadline, Window } from '../core/deadline.js'
import type { Host, Lock } from '../core/host.js'
import type { Claims } from './claims.js'
import type { Coordinator, Scarce } from './coordinator.js'
import type { Entry } from './entry.js'
import { EntryWriter } from './entry-writer.js'
import { Progress, type Publish } from './progress.js'
import type { RefreshedSecrets } from './refreshed-secrets.js'
import { UdevWatch } from './udev-watch.js'

/** What all operations of an attacher share. */
export interface AttacherContext {
  readonly host: Host
  readonly owner: string
  readonly runDir: string
  readonly claims: Claims
  readonly coordinator: Coordinator
  readonly publish: Publish
}

/** What of an attach goes on after its answer: paths that are still on their way. */
export interface LatePaths {
  /** Resolves when all of them have ended, well or not. */
  readonly done: Promise<void>
  /** Ends them soon; what they had begun is owned or pending then. */
  cancel(): Promise<void>
}

export interface OperationOptions {
  readonly policy: Policy
  /** Only a detach may override a silent opener, and only when the caller says so. Default false. */
  readonly force?: boolean | undefined
  /** As the caller of a detach says. */
  readonly onNoPaths?: Policy['onNoPaths'] | undefined
  /** Further credentials, from the caller of an attach. */
  readonly secrets?: RefreshedSecrets | undefined
}

/** One attach, detach or recovery of one attachment: its time, its claim, its progress. */
export class Operation {
  readonly #context: AttacherContext
  readonly #deadline: Deadline
  readonly #options: OperationOptions
  #signal: AbortSignal
  readonly host: Host
  readonly runDir: string
  /** Claims of all attachments on this host. */
  readonly claims: Claims
  /** What is recorded about the operation's own attachment. */
  readonly claim: EntryWriter
  readonly progress: Progress
  readonly policy: Policy
  readonly force: boolean
  readonly secrets: RefreshedSecrets | undefined
  /** Begun by an attach that waits for udev. */
  readonly udev: UdevWatch
  latePaths: LatePaths | undefined
  /** What has ended the work, once it is rolled back. */
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
  }
  /** Aborts when this part of the operation must stop: the work, or the rollback. */
  get signal(): AbortSignal {
    return this.#signal
  }
  /** As this call says, else as the attach said, else as the attacher does. */
  get onNoPaths(): Policy['onNoPaths'] {
    return this.#options.onNoPaths ?? this.claim.entry.onNoPaths ?? this.policy.onNoPaths
  }
  /** Whether the caller has been answered that the time is over, while this goes on. */
  get answered(): boolean {
    return this.#deadline.answered
  }
  /** What is left for the work. */
  get remainingMs(): number {
    return this.#deadline.remainingMs
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
   * Runs within the limit of how many operations of this attacher use a thing at once; waiting for that is a step. The place is kept as long as what
   * is `lingering` when the run has ended: work that was given up, and goes on.
   */
  async inTurn<T>(
    scarce: Scarce,
    name: string,
    run: () => Promise<T>,
    { path, lingering }: { readonly path?: string; readonly lingering?: () => Promise<unknown> | undefined } = {},
  ): Promise<T> {
    const { coordinator } = this.#context
    const take = () => coordinator.take(scarce, name, this.#signal)
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

  /** A part of this operation that goes on by itself, and may outlive it: same attachment, same progress, its own end. */
  branch(signal: AbortSignal): Operation {
    const branch = new Operation(this.#context, this.claim.entry, this.#deadline, this.#options, this)
    branch.#signal = signal
    return branch
  }
  /** From here on the time that is reserved for the rollback runs, whatever ended the work. */
  beginRollback(failure?: unknown): void {
    this.failure = failure
    this.#signal = this.#deadline.rollbackSignal()
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
}
