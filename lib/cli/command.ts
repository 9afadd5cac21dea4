/** What a command is. The table of commands is data: help, completion and manual pages are made of it. */
import type { Host } from '../core/host.js'
import type { Attacher, Call, PartialPolicy } from '../index.js'
import type { OptionName } from './option-table.js'
import type { Line } from './text/toned.js'

/** What people and shells read about a command. */
export interface CommandText {
  readonly name: string
  /** The operands after the name, as the help shows them. */
  readonly operands: string
  readonly mostOperands: number
  /** What completion offers for the operands. Default: nothing. */
  readonly completes?: Completes
  /** One sentence without a period. */
  readonly summary: string
  /** Every option that means something here, besides `--json` and `--help`. */
  readonly options: readonly OptionName[]
  /** Help of options that mean something else here than in the table. */
  readonly optionHelp?: Partial<Readonly<Record<OptionName, string>>>
  /** Further lines of this command's help. */
  readonly about: readonly string[]
  /** At least one. */
  readonly examples: readonly Example[]
  /**
   * - `document`: one answer
   * - `documents`: one answer after another, until it is interrupted
   * - `text`: words for people only; there is no `--json`
   */
  readonly answers: 'document' | 'documents' | 'text'
  /** It changes the host. Default: it only looks. */
  readonly changesHost?: true
}
export interface Command extends CommandText {
  /**
   * Reads and checks all input, before anything on the host is changed. Loads the library (`import()`) only here, so that help and
   * completion start fast.
   */
  readonly prepare: (given: Given) => Promise<Task>
}
/** Kinds of words; or the words themselves. */
export type Completes = 'file' | 'attachment' | 'command' | readonly string[]

export interface Example {
  readonly line: string
  /** What it does, in a few words. */
  readonly does: string
}

/** Resolves with the last answer, or with `undefined` if `tell` has printed them all. */
export type Task = (session: Session) => Promise<Answer | undefined>

/** What a task works with. */
export interface Session {
  /** Creates the attacher at the first call. A task that needs none works without state directory, root and native part. */
  readonly attacher: () => Promise<Attacher>
  readonly call: Call
  /** Says how many paths the caller wants, for the progress view. Default: all. */
  readonly wants: (paths: number | 'all') => void
  /** The call of a task that prints answer after answer: it also ends when nobody reads them any more. */
  readonly streamCall: () => Call
  /** Prints an answer before the end. */
  readonly tell: (answer: Answer) => void
  /**
   * Shows what the command will do and asks the user, before anything is changed. With `--yes` it asks nothing.
   * @throws `ERR_INVALID_ARGUMENT` if nobody can be asked, `ERR_ABORTED` if the user says no
   */
  readonly confirm: (plan: readonly Line[], question: string) => Promise<void>
  /** Prints a line for people on standard error. Nothing with `--json`. */
  readonly aside: (line: string) => void
}

/** The parsed command line. */
export interface Given {
  readonly operands: readonly string[]
  readonly options: Options
  readonly read: (file: string) => Promise<string>
  /** The host of a test. Default: this host. */
  readonly host: Host | undefined
}
export interface Options {
  readonly json: boolean
  readonly verbose: boolean
  readonly force: boolean
  readonly ifMissing: 'ok' | 'error' | undefined
  readonly encryption: 'caller' | undefined
  readonly leaveRemaining: boolean
  readonly dryRun: boolean
  readonly adopt: boolean
  readonly topUp: boolean
  readonly follow: boolean
  readonly cinder: boolean
  readonly multipath: boolean
  readonly enforceMultipath: boolean
  readonly localAttach: boolean
  readonly ip: string | undefined
  readonly host: string | undefined
  readonly deep: boolean
  readonly login: boolean
  readonly anonymous: boolean
  readonly columns: string | undefined
  readonly id: string | undefined
  readonly connection: string | undefined
  readonly root: string | undefined
  readonly stateDir: string | undefined
  readonly runDir: string | undefined
  readonly trace: string | undefined
  readonly owner: string | undefined
  readonly policy: PartialPolicy | undefined
  readonly timeoutMs: number | undefined
  readonly size: number | undefined
  readonly rounds: number | undefined
  readonly atOnce: number | undefined
  readonly yes: boolean
}
/** One answer in two forms: a document for programs, lines for people. */
export interface Answer {
  readonly document: unknown
  readonly lines: readonly Line[]
  /** Something remains to be done: the exit code is 1. */
  readonly unfinished?: boolean
}
