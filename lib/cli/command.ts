import type { Attacher, Call, PartialPolicy } from '../index.js'
import type { OptionName } from './option-table.js'

export interface Command {
  readonly name: string
  /** The operands after the name, as the help shows them. */
  readonly operands: string
  readonly mostOperands: number
  readonly summary: string
  /** Options besides the common ones. */
  readonly options: readonly OptionName[]
  /** Further lines of this command's help. */
  readonly about: readonly string[]
  /** Reads and checks all input, before anything on the host is changed. */
  readonly prepare: (given: Given) => Promise<Task>
}
/** `tell` prints an answer before the end. A task that prints everything with it resolves with `undefined`. */
export type Task = (attacher: Attacher, call: Call, tell: (answer: Answer) => void) => Promise<Answer | undefined>

/** The parsed command line. */
export interface Given {
  readonly operands: readonly string[]
  readonly options: Options
  readonly read: (file: string) => Promise<string>
}
export interface Options {
  readonly json: boolean
  readonly verbose: boolean
  readonly force: boolean
  readonly dryRun: boolean
  readonly adopt: boolean
  readonly topUp: boolean
  readonly follow: boolean
  readonly id: string | undefined
  readonly connection: string | undefined
  readonly stateDir: string | undefined
  readonly runDir: string | undefined
  readonly trace: string | undefined
  readonly owner: string | undefined
  readonly policy: PartialPolicy | undefined
  readonly timeoutMs: number | undefined
  readonly size: number | undefined
}
/** One answer in two forms: a document for programs, lines for people. */
export interface Answer {
  readonly document: unknown
  readonly lines: readonly string[]
  /** Something remains to be done: the exit code is 1. */
  readonly unfinished?: boolean
}
