import type { Attacher, Call, PartialPolicy } from '../index.js'
import type { OptionName } from './option-table.js'

export interface Command {
  readonly name: string
  /** What may follow the name, as the help shows it. */
  readonly operands: string
  readonly mostOperands: number
  readonly summary: string
  /** Beside those of every command. */
  readonly options: readonly OptionName[]
  /** Further lines of the command's own help. */
  readonly about: readonly string[]
  /** Reads and checks everything that was given, before anything of the host is touched. */
  readonly prepare: (given: Given) => Promise<Task>
}
/** `tell` says something before the end; what says it all like this has no answer. */
export type Task = (attacher: Attacher, call: Call, tell: (answer: Answer) => void) => Promise<Answer | undefined>

/** What was typed, in its parts. */
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
/** The same answer for programs and for people. */
export interface Answer {
  readonly document: unknown
  readonly lines: readonly string[]
  /** Something is still to be done that could not be: the exit code says so. */
  readonly unfinished?: boolean
}
