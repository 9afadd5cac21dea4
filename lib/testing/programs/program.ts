import type { CommandResult } from '../../core/host.js'
import type { Base } from '../machine/base.js'

/** A program that runs on the fake machine. */
export type Program = (run: Invocation) => CommandResult | Promise<CommandResult>

/** One run of a program. A killed program stops where it is: what it waits for never resolves. */
export interface Invocation {
  /** The machine on which it runs. */
  readonly machine: Base
  /** The command line, with the program's name. */
  readonly argv: readonly [string, ...string[]]
  /** Standard input. */
  readonly input: string
  /** Lets so many virtual milliseconds pass. */
  pause(ms: number): Promise<void>
  /** Waits for something that doesn't end with the program. */
  until<T>(work: Promise<T>): Promise<T>
}

/** The result of a program. */
export function result(exitCode: number, stdout = '', stderr = ''): CommandResult {
  return { exitCode, stdout, stderr }
}
