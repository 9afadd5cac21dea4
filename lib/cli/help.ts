/** The help of the command line, and of each command. */
import type { CommandText } from './command.js'
import { commandNamed } from './command-line.js'
import { allCommands } from './commands.js'
import { globalOptions, type OptionName, optionsOf, rowOf } from './option-table.js'
import { columns } from './text/layout.js'

/** @throws `ERR_INVALID_ARGUMENT` for a topic that is no command */
export function help(topics: readonly string[]): string {
  return topics.length === 0 ? generalHelp() : topics.map((topic) => commandHelp(commandNamed(topic))).join('\n')
}

function generalHelp(): string {
  return page(
    'Usage: brickwork COMMAND [options]',
    '',
    'Attaches network block volumes to this host and detaches them.',
    '',
    'Commands:',
    ...indented([...allCommands.map(({ name, operands, summary }) => [`${name} ${operands}`.trimEnd(), summary])]),
    '',
    'Options:',
    ...indented(globalOptions.map((name) => [flag(name), rowOf(name).help])),
    '',
    'Exit code: 0 done, 1 failed, 2 the command line or the request is not valid, 75 failed and may succeed later.',
    '`brickwork COMMAND --help` explains one command, with its options and examples.',
  )
}

function commandHelp(command: CommandText): string {
  const { name, operands, summary, about, examples } = command
  const options = optionsOf(command)
  const lines = (general: boolean) =>
    indented(options.filter((each) => (rowOf(each).general === true) === general).map((each) => [flag(each), helpOf(command, each)]))
  const section = (heading: string, rows: readonly string[]) => (rows.length === 0 ? [] : ['', heading, ...rows])
  return page(
    `Usage: brickwork ${`${name} ${operands}`.trimEnd()} [options]`,
    '',
    `${summary}.`,
    ...(about.length === 0 ? [] : ['', ...about]),
    ...section('Options:', lines(false)),
    ...section('General options:', lines(true)),
    ...section(
      'Examples:',
      examples.flatMap(({ line, does }) => [`  ${line}`, `      ${does}`]),
    ),
  )
}

export function helpOf({ optionHelp }: CommandText, name: OptionName): string {
  return optionHelp?.[name] ?? rowOf(name).help
}
/** `-h, --help`, `--id ID` */
export function flag(name: OptionName): string {
  const { argument, short } = rowOf(name)
  return `${short === undefined ? '' : `-${short}, `}--${name}${argument === undefined ? '' : ` ${argument}`}`
}
function indented(rows: readonly (readonly string[])[]): string[] {
  return columns(rows).map((line) => `  ${line}`)
}
function page(...lines: string[]): string {
  return `${lines.join('\n')}\n`
}
