/** What the manual pages are made of. */
import type { CommandText } from './command.js'
import { allCommands } from './commands.js'
import { flag, helpOf } from './help.js'
import { globalOptions, optionsOf, rowOf } from './option-table.js'
import { version } from './version.js'

interface OptionText {
  readonly flag: string
  readonly help: string
}
export interface ManualSource {
  readonly commands: readonly CommandText[]
  readonly optionsOf: (command: CommandText) => readonly OptionText[]
  readonly globalOptions: readonly OptionText[]
  readonly exitCodes: readonly (readonly [code: string, meaning: string])[]
  readonly version: string
}

export function manualSource(): ManualSource {
  return {
    commands: allCommands,
    optionsOf: (command) => optionsOf(command).map((name) => ({ flag: flag(name), help: helpOf(command, name) })),
    globalOptions: globalOptions.map((name) => ({ flag: flag(name), help: rowOf(name).help })),
    exitCodes: [
      ['0', 'done'],
      ['1', 'failed; or the command could not do everything, or its answer could not be written'],
      ['2', 'the command line or the request is not valid; nothing was changed'],
      ['75', 'failed, and the same command may succeed later'],
    ],
    version: version(),
  }
}
