import type { CommandResult } from '../../core/host.js'
import type { Base } from '../machine/base.js'

/** A program that runs on the fake machine. */
export type Program = (run: Invocation) => CommandResult | Promise<CommandResult>

/** One run of it. A program that was killed stops in the middle: nothing that it waits for comes any more. */
export interface Invocation {
  readonly machine: Base
  readonly argv: readonly [string, ...string[]]
  readonly input: string
  /** Lets virtual time go by. */
  pause(ms: number): Promise<void>
  /** Waits for something that doesn't end with the program. */
  until<T>(work: Promise<T>): Promise<T>
}

export function result(exitCode: number, stdout = '', stderr = ''): CommandResult {
  return { exitCode, stdout, stderr }
}
