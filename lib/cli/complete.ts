/** What may come next on a command line: the words, or a kind of file. */
import { parseArgs } from 'node:util'

import { errorCodes } from '../core/errors.js'
import type { CommandText } from './command.js'
import { allCommands } from './commands.js'
import { helpOf } from './help.js'
import { globalOptions, type OptionRow, optionsOf, optionTable, rowOf } from './option-table.js'

export interface Candidate {
  readonly value: string
  readonly help: string
}
export type Completion = readonly Candidate[] | 'files' | 'directories'
/** Where the attachments are whose ids are asked for. */
export interface Place {
  readonly root?: string
  readonly stateDir?: string
  readonly runDir?: string
  readonly owner?: string
}

/** @param words the words after `brickwork`; the last one is being typed, and may be empty */
export async function complete(words: readonly string[], ids: (place: Place) => Promise<readonly string[]>): Promise<Completion> {
  const current = words.at(-1) ?? ''
  const before = words.slice(0, -1)
  const found = await candidates(before, current, ids)
  return typeof found === 'string' ? found : found.filter(({ value }) => value.startsWith(current))
}

async function candidates(
  before: readonly string[],
  current: string,
  ids: (place: Place) => Promise<readonly string[]>,
): Promise<Completion> {
  const last = before.at(-1) ?? ''
  const ended = before.includes('--')
  const waiting = optionOf(last)
  if (!ended && waiting?.argument !== undefined && !last.includes('=')) return valuesOf(waiting, '')
  const [assigned = ''] = /^--[a-z-]+=/.exec(current) ?? []
  if (!ended && assigned !== '') return valuesOf(optionOf(assigned.slice(0, -1)), assigned)
  const operands = operandsOf(before)
  const [name] = operands
  const command = allCommands.find((each) => each.name === name)
  if (!ended && current.startsWith('-')) return optionsFor(command)
  if (name === undefined) return allCommands.map((each) => ({ value: each.name, help: each.summary }))
  if (command?.completes === undefined || operands.length > command.mostOperands) return []
  const { completes } = command
  if (completes === 'file') return 'files'
  if (completes === 'command') return allCommands.map((each) => ({ value: each.name, help: each.summary }))
  if (completes === 'attachment') return (await ids(placeIn(before))).map((value) => ({ value, help: 'attachment' }))
  return completes.map((value) => ({ value, help: '' }))
}

function valuesOf(row: OptionRow | undefined, prefix: string): Completion {
  const completes = row?.completes ?? []
  if (completes === 'file') return 'files'
  if (completes === 'directory') return 'directories'
  return (completes === 'code' ? errorCodes : completes).map((word) => ({ value: prefix + word, help: '' }))
}
function optionsFor(command: CommandText | undefined): Candidate[] {
  const names = command === undefined ? globalOptions : optionsOf(command)
  return names.map((name) => ({ value: `--${name}`, help: command === undefined ? rowOf(name).help : helpOf(command, name) }))
}

/** The row of `--id`, `--id=x` or `-h`. */
function optionOf(word: string): OptionRow | undefined {
  const [name = ''] = word.replace(/^--?/, '').split('=')
  const rows: [string, OptionRow][] = Object.entries(optionTable)
  return word.startsWith('-') ? rows.find(([long, { short }]) => long === name || short === name)?.[1] : undefined
}
/** The words that are neither options nor their arguments. */
function operandsOf(words: readonly string[]): string[] {
  const end = words.indexOf('--')
  const counted = end < 0 ? words : words.slice(0, end)
  const isArgument = (index: number) => {
    const word = counted[index - 1] ?? ''
    return optionOf(word)?.argument !== undefined && !word.includes('=')
  }
  return [...counted.filter((word, index) => !word.startsWith('-') && !isArgument(index)), ...(end < 0 ? [] : words.slice(end + 1))]
}
function placeIn(words: readonly string[]): Place {
  const names = ['root', 'state-dir', 'run-dir', 'owner'] as const
  const options = Object.fromEntries(names.map((name) => [name, { type: 'string' as const }]))
  const { values } = parseArgs({ args: [...words], options, strict: false, allowPositionals: true })
  const given = (name: (typeof names)[number], key: keyof Place): Place => {
    const value = values[name]
    return typeof value === 'string' ? { [key]: value } : {}
  }
  return { ...given('root', 'root'), ...given('state-dir', 'stateDir'), ...given('run-dir', 'runDir'), ...given('owner', 'owner') }
}
