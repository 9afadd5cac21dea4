/** Parses a command line into a command and its options. */
import { parseArgs } from 'node:util'

import { checkSize, checkTimeout } from '../connection/schema.js'
import { checks } from '../forms.js'
import { isBrickworkError } from '../core/errors.js'
import type { PartialPolicy } from '../index.js'
import type { Command, Options } from './command.js'
import { commands } from './commands.js'
import { parseDuration } from './duration.js'
import { commandHelp, generalHelp } from './help.js'
import { commonOptions, type OptionName, type OptionRow, optionTable } from './option-table.js'
import { usageError } from './usage-error.js'
import { version } from './version.js'

export type CommandLine =
  | { readonly kind: 'print'; readonly text: string }
  | { readonly kind: 'run'; readonly command: Command; readonly operands: readonly string[]; readonly options: Options }

/** @throws `ERR_INVALID_ARGUMENT` naming the wrong word. */
export function parseCommandLine(argv: readonly string[]): CommandLine {
  const { values, positionals } = split(argv)
  const [name, ...operands] = positionals
  if (values['version'] === true) return { kind: 'print', text: `${version()}\n` }
  if (name === undefined) {
    if (values['help'] === true) return { kind: 'print', text: generalHelp() }
    throw usageError('COMMAND', 'A command is missing')
  }
  const command = commands.find((each) => each.name === name)
  if (command === undefined) throw usageError(name, `Unknown command '${name}'`)
  if (values['help'] === true) return { kind: 'print', text: commandHelp(command) }
  for (const option of Object.keys(values))
    if (![...commonOptions, ...command.options].includes(option as OptionName))
      throw usageError(`--${option}`, `'${name}' has no option '--${option}'`)
  const extra = operands[command.mostOperands]
  if (extra !== undefined) throw usageError(extra, `'${name}' does not take '${extra}'`)
  return { kind: 'run', command, operands, options: optionsOf(values) }
}

/** Correct even if the rest of the command line is invalid. */
export function wantsJson(argv: readonly string[]): boolean {
  const end = argv.indexOf('--')
  return (end < 0 ? argv : argv.slice(0, end)).includes('--json')
}

type Values = Readonly<Record<string, string | boolean | undefined>>

function split(argv: readonly string[]): { values: Values; positionals: string[] } {
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
    throw usageError(/'(--?[^\s'=,<]+)/.exec(message)?.[1] ?? '', sentence)
  }
}

function optionsOf(values: Values): Options {
  const text = (name: OptionName) => (typeof values[name] === 'string' ? values[name] : undefined)
  const [timeout, policy] = [text('timeout'), text('policy')]
  return {
    json: values['json'] === true,
    verbose: values['verbose'] === true,
    force: values['force'] === true,
    dryRun: values['dry-run'] === true,
    adopt: values['adopt'] === true,
    topUp: values['top-up'] === true,
    follow: values['follow'] === true,
    id: text('id'),
    connection: text('connection'),
    stateDir: text('state-dir'),
    runDir: text('run-dir'),
    trace: text('trace'),
    owner: text('owner'),
    policy: policy === undefined ? undefined : policyOf(policy),
    size: sizeOf(text('size')),
    timeoutMs: timeout === undefined ? undefined : timeoutOf(timeout),
  }
}
function sizeOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  if (!/^[1-9][0-9]*$/.test(text)) throw usageError('--size', `--size: '${text}' is not a number of bytes`)
  return naming('--size', () => checkSize(Number(text)))
}
function timeoutOf(text: string): number {
  const ms = parseDuration(text)
  if (ms === undefined) throw usageError('--timeout', `--timeout: '${text}' is not a time such as 500ms, 10s or 2m`)
  return naming('--timeout', () => checkTimeout(ms))
}
function policyOf(text: string): PartialPolicy {
  return naming('--policy', () => {
    try {
      return checks.policy(JSON.parse(text))
    } catch (error) {
      throw error instanceof SyntaxError ? usageError('--policy', 'is not JSON') : error
    }
  })
}
/** Adds the name of the option to an error. */
function naming<T>(option: string, check: () => T): T {
  try {
    return check()
  } catch (error) {
    throw isBrickworkError(error) ? usageError(option, `${option}: ${error.message}`) : error
  }
}
