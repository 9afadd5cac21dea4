/** Parses a command line into a command and its options. */
import { parseArgs } from 'node:util'

import type { Command, CommandText, Options } from './command.js'
import { allCommands, commands } from './commands.js'
import { countOf, directoryOf, jsonOf, nameOf, sizeOf, timeoutOf, unknownWord, wordOf } from './given-values.js'
import { type OptionName, type OptionRow, optionsOf as optionsOfCommand, optionTable } from './option-table.js'
import { usageError } from './usage-error.js'

/** `policy` is JSON that is not checked yet. */
export type ParsedOptions = Omit<Options, 'policy'> & { readonly policy: unknown }
export type CommandLine =
  | { readonly kind: 'help'; readonly topics: readonly string[] }
  | { readonly kind: 'version' }
  | { readonly kind: 'explain'; readonly code: string }
  | { readonly kind: 'completion'; readonly operands: readonly string[] }
  | { readonly kind: 'run'; readonly command: Command; readonly operands: readonly string[]; readonly options: ParsedOptions }

/** @throws `ERR_INVALID_ARGUMENT` naming the wrong word. */
export function parseCommandLine(argv: readonly string[]): CommandLine {
  const named = commands.find(({ name }) => argv.includes(name))?.name
  const { values, positionals } = split(argv, named)
  const [name, ...operands] = positionals
  if (values['version'] === true || (name === 'version' && operands.length === 0)) return { kind: 'version' }
  if (typeof values['explain'] === 'string') return { kind: 'explain', code: values['explain'] }
  if (name === 'help') return { kind: 'help', topics: values['help'] === true ? ['help'] : operands }
  if (name === undefined) return noCommand(values)
  const { name: topic } = commandNamed(name)
  if (values['help'] === true) return { kind: 'help', topics: [topic] }
  const command = commands.find((each) => each.name === name)
  if (command === undefined) return { kind: 'completion', operands }
  const known = optionsOfCommand(command)
  for (const option of Object.keys(values)) if (!known.includes(option as OptionName)) throw notHere(command, option)
  const extra = operands[command.mostOperands]
  if (extra !== undefined) throw usageError(extra, `'${name}' does not take '${extra}'`, name)
  return { kind: 'run', command, operands, options: optionsIn(values, name) }
}

/** @throws `ERR_INVALID_ARGUMENT` with the name that was probably meant */
export function commandNamed(name: string): CommandText {
  const command = allCommands.find((each) => each.name === name)
  if (command === undefined)
    throw unknownWord(
      'Unknown command',
      name,
      allCommands.map((each) => each.name),
    )
  return command
}

/** Correct even if the rest of the command line is invalid. */
export function wantsJson(argv: readonly string[]): boolean {
  const end = argv.indexOf('--')
  return (end < 0 ? argv : argv.slice(0, end)).includes('--json')
}

type Values = Readonly<Record<string, string | boolean | undefined>>

/** `brickwork` alone prints the help, as git and npm do. Options without a command are a mistake. */
function noCommand(values: Values): CommandLine {
  const [option] = Object.keys(values).filter((each) => each !== 'help' && each !== 'json')
  if (option !== undefined) throw usageError('COMMAND', `A command is missing before or after '--${option}'`)
  return { kind: 'help', topics: [] }
}

function notHere({ name }: Command, option: string): Error {
  const others = commands.filter((each) => optionsOfCommand(each).includes(option as OptionName)).map((each) => `'${each.name}'`)
  const where = others.length === 0 || others.length > 4 ? '' : `; it is an option of ${others.join(', ')}`
  return usageError(`--${option}`, `'${name}' has no option '--${option}'${where}`, name)
}

function split(argv: readonly string[], command: string | undefined): { values: Values; positionals: string[] } {
  const rows: [string, OptionRow][] = Object.entries(optionTable)
  const options = Object.fromEntries(
    rows.map(([name, { argument, short }]) => [
      name,
      { type: argument === undefined ? ('boolean' as const) : ('string' as const), ...(short === undefined ? {} : { short }) },
    ]),
  )
  try {
    const { values, positionals } = parseArgs({ args: [...argv], options, allowPositionals: true })
    const last = Object.entries(values).map(([name, value]) => [name, Array.isArray(value) ? value.at(-1) : value] as const)
    return { values: Object.fromEntries(last), positionals }
  } catch (error) {
    // `Unknown option '--x'. To specify a positional argument …`, `Option '--id <value>' argument missing`
    const message = error instanceof Error ? error.message : String(error)
    const [sentence = message] = message.split(/\.\s/)
    const word = /'(--?[^\s'=,<]+)/.exec(message)?.[1] ?? ''
    if (!sentence.startsWith('Unknown option')) throw usageError(word, sentence, command)
    const known = commands.find(({ name }) => name === command)
    throw unknownWord(
      'Unknown option',
      word,
      (known === undefined ? Object.keys(optionTable) : optionsOfCommand(known)).map(dashed),
      command,
    )
  }
}
const dashed = (option: string) => `--${option}`

function optionsIn(values: Values, command: string): ParsedOptions {
  const text = (name: OptionName) => (typeof values[name] === 'string' ? values[name] : undefined)
  const is = (name: OptionName) => values[name] === true
  return {
    json: is('json'),
    verbose: is('verbose'),
    force: is('force'),
    ifMissing: wordOf('if-missing', text('if-missing'), ['ok', 'error'], command),
    encryption: wordOf('encryption', text('encryption'), ['caller'], command),
    leaveRemaining: is('leave-remaining'),
    dryRun: is('dry-run'),
    adopt: is('adopt'),
    topUp: is('top-up'),
    follow: is('follow'),
    cinder: is('cinder'),
    multipath: is('multipath'),
    enforceMultipath: is('enforce-multipath'),
    localAttach: is('local-attach'),
    ip: nameOf('ip', text('ip'), command),
    host: nameOf('host', text('host'), command),
    deep: is('deep'),
    login: is('login'),
    anonymous: is('anonymous'),
    columns: nameOf('columns', text('columns'), command),
    id: nameOf('id', text('id'), command),
    connection: text('connection'),
    root: directoryOf('root', text('root'), command),
    stateDir: directoryOf('state-dir', text('state-dir'), command),
    runDir: directoryOf('run-dir', text('run-dir'), command),
    trace: text('trace'),
    owner: nameOf('owner', text('owner'), command),
    policy: jsonOf('policy', text('policy'), command),
    size: sizeOf(text('size'), command),
    rounds: countOf('rounds', text('rounds'), command),
    atOnce: countOf('at-once', text('at-once'), command),
    yes: is('yes'),
    timeoutMs: timeoutOf(text('timeout'), command),
  }
}
