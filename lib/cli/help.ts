import type { Command } from './command.js'
import { commands } from './commands.js'
import { commonOptions, type OptionName, type OptionRow, optionTable } from './option-table.js'
import { columns } from './text/layout.js'

export function generalHelp(): string {
  return page(
    'Usage: brickwork COMMAND [options]',
    '',
    'Attaches network block volumes to this host and detaches them.',
    '',
    'Commands:',
    ...indented(commands.map(({ name, operands, summary }) => [`${name} ${operands}`.trimEnd(), summary])),
    '',
    'Options of every command:',
    ...optionLines(commonOptions),
    '',
    'Exit code: 0 done, 1 failed, 2 the command line or the request is not valid.',
    '`brickwork COMMAND --help` explains one command.',
  )
}

export function commandHelp({ name, operands, summary, about, options }: Command): string {
  return page(
    `Usage: brickwork ${`${name} ${operands}`.trimEnd()} [options]`,
    '',
    `${summary}.`,
    ...(about.length === 0 ? [] : ['', ...about]),
    ...(options.length === 0 ? [] : ['', 'Options:', ...optionLines(options)]),
    '',
    'Options of every command:',
    ...optionLines(commonOptions),
  )
}

function optionLines(names: readonly OptionName[]): string[] {
  return indented(
    names.map((name) => {
      const { argument, short, help }: OptionRow = optionTable[name]
      return [`${short === undefined ? '' : `-${short}, `}--${name}${argument === undefined ? '' : ` ${argument}`}`, help]
    }),
  )
}
function indented(rows: readonly (readonly string[])[]): string[] {
  return columns(rows).map((line) => `  ${line}`)
}
function page(...lines: string[]): string {
  return `${lines.join('\n')}\n`
}
