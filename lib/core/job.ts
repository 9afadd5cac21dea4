/**
 * A list of primitives that the host carries out in order, with one answer at the end. The list is data: it says what is done, and nothing
 * of why. Decisions (which volume a disk is, and whose an object is) are made between jobs.
 */
import type { ChangedFiles, ChangedRequest } from './changed-files.js'
import { BrickworkError } from './errors.js'
import type { ConnectOutcome, DaemonRequest, GuardedWrite, RecordChange, WriteOutcome } from './kernel-calls.js'
import type { LockUser } from './lock-note.js'
import { matchesPattern } from './plain-tree.js'
import type { Plan, Tree } from './tree.js'

/** What a tree must show. */
export interface TreeExpectation {
  /**
   * Leads from the root of the tree to directories, by a name or a pattern each: at least one. It holds if one of these directories has `attribute` with
   * one of the values `among`; without `attribute`, if there is such a directory.
   */
  readonly path: readonly string[]
  /** An attribute that the plan of the tree reads. */
  readonly attribute?: string
  /** The accepted values, without trailing newline. */
  readonly among?: readonly string[]
  /** Instead of `among`, for binary attributes: the accepted first bytes. */
  readonly firstByte?: readonly number[]
  /** Holds if there is none. Default: false. */
  readonly absent?: boolean
}

/** One primitive. Each has its answer in {@link StepAnswers}. */
export type JobStep =
  /** A TCP handshake, as `Kernel.connect`. Ends the job unless it succeeds. */
  | { readonly do: 'connect'; readonly address: string; readonly port: number }
  /**
   * Takes the lock `name` below `directory`, as `Locks.take`, until the job ends. Never waits: ends the job if the lock is not free.
   */
  | { readonly do: 'flock'; readonly directory: string; readonly name: string; readonly user?: LockUser | undefined }
  /** As `Files.replace`. */
  | { readonly do: 'replace'; readonly path: string; readonly text: string; readonly mode: number }
  /** As `Kernel.changeRecord`. Ends the job when the lock of the records is not free in time. */
  | { readonly do: 'changeRecord'; readonly change: RecordChange }
  /** As `Kernel.exchange`, with a daemon that answers many requests at once. */
  | { readonly do: 'exchange'; readonly request: DaemonRequest & { readonly reply: 'eof' } }
  /** As `Kernel.write`. Ends the job unless it is written. */
  | { readonly do: 'write'; readonly write: GuardedWrite & { readonly waits: 'bounded' } }
  /** As `Kernel.readTree`. */
  | { readonly do: 'readTree'; readonly plan: Plan }
  /**
   * Reads the tree, and again after each uevent that names one of `keys` (a component of DEVPATH or `disk:4:0:0:1`, as in `Events.watch`),
   * until one of `until` holds. Ends the job after `timeoutMs`.
   */
  | {
      readonly do: 'awaitTree'
      readonly plan: Plan
      readonly keys: readonly string[]
      readonly until: readonly TreeExpectation[]
      readonly timeoutMs: number
    }
  /** As `Kernel.readChanged`. */
  | { readonly do: 'readChanged'; readonly request: ChangedRequest }
  /** As `Files.readFiles`. */
  | { readonly do: 'readFiles'; readonly paths: readonly string[] }
  /** Ends the job unless the tree of an earlier step, by its place in the list, shows this. */
  | { readonly do: 'check'; readonly step: number; readonly expectation: TreeExpectation }

/** The answer of each primitive. */
export interface StepAnswers {
  readonly connect: ConnectOutcome
  readonly flock: 'locked' | 'busy'
  readonly replace: undefined
  readonly changeRecord: 'done' | 'lock-timeout'
  readonly exchange: Uint8Array
  readonly write: WriteOutcome
  readonly readTree: Tree
  /** The last tree. */
  readonly awaitTree: Tree
  readonly readChanged: ChangedFiles
  readonly readFiles: readonly (string | undefined)[]
  readonly check: boolean
}

/** How far a job came. */
export interface JobResult<Steps extends readonly JobStep[] = readonly JobStep[]> {
  /** The answers of the steps that ended, in order: a later step has none. */
  readonly answers: { readonly [Place in keyof Steps]?: StepAnswers[Steps[Place]['do']] }
  /** Why the job ended before the end of its list; `undefined` when every step is done. */
  readonly stopped: JobStop | undefined
}
export interface JobStop {
  /** The place of the step in the list: the one that failed or whose answer ended the job, or at an abort the one under way or next. */
  readonly at: number
  /** Whether that step has begun. After an abort it may still have an effect. */
  readonly begun: boolean
  /** Why the step failed, or the signal's reason; `undefined` when the answer of the step ended the job. */
  readonly error: Error | undefined
}

/** Whether the tree shows it. */
export function shows(tree: Tree, { path, attribute, among = [], firstByte, absent = false }: TreeExpectation): boolean {
  const isShown = (at: Tree, depth: number): boolean => {
    const pattern = path[depth]
    if (pattern !== undefined) return at.children().some((child) => matchesPattern(pattern, child.name) && isShown(child, depth + 1))
    if (attribute === undefined) return true
    if (firstByte !== undefined) return firstByte.some((byte) => at.bytes(attribute)?.[0] === byte)
    const text = at.text(attribute)
    return text !== undefined && among.includes(text)
  }
  return isShown(tree, 0) !== absent
}

/** Checks that each check is about a tree that an earlier step reads. @throws `ERR_INVALID_ARGUMENT` */
export function requireTrees(steps: readonly JobStep[]): void {
  for (const [place, step] of steps.entries()) {
    if (step.do !== 'check') continue
    const read = step.step < place ? steps[step.step]?.do : undefined
    if (read !== 'readTree' && read !== 'awaitTree')
      throw new BrickworkError('ERR_INVALID_ARGUMENT', `Step ${place} of the job checks step ${step.step}, which reads no tree before it`)
  }
}
