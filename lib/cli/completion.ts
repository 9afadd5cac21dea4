/** `brickwork completion`: prints the script of a shell, and answers the questions that these scripts ask. */
import type { Host } from '../core/host.js'
import { complete, type Completion, type Place } from './complete.js'
import { completionScripts, shells } from './completion-scripts.js'
import { unknownWord } from './given-values.js'
import { hostBelow } from './host-below.js'
import { printable } from './text/printable.js'
import { usageError } from './usage-error.js'

/**
 * @param operands a shell; or `words` and the words after `brickwork`; or `line` and the line up to the cursor
 * @throws `ERR_INVALID_ARGUMENT` for an unknown shell
 */
export async function completion([what, ...rest]: readonly string[], host: Host | undefined): Promise<string> {
  if (what === 'words') return linesOf(await complete(rest, (place) => idsOf(place, host)))
  if (what === 'line') return linesOf(await complete(wordsOf(rest[0] ?? '').slice(1), (place) => idsOf(place, host)))
  if (what === undefined) throw usageError('SHELL', `'completion' needs a shell: ${shells.join(', ')}`, 'completion')
  const shell = shells.find((each) => each === what)
  if (shell === undefined) throw unknownWord('Unknown shell', what, shells, 'completion')
  return completionScripts[shell]
}

/** A line for each word, with its help after a tab; or the kind of files alone. */
function linesOf(found: Completion): string {
  if (typeof found === 'string') return `:${found}\n`
  return found.map(({ value, help }) => `${printable(value)}${help === '' ? '' : `\t${help}`}\n`).join('')
}

/** Completion is no place for errors: without ids it offers none. */
async function idsOf({ root, ...place }: Place, given: Host | undefined): Promise<string[]> {
  try {
    const { createAttacher } = await import('../index.js')
    const host = given ?? (await hostBelow(root))
    await using attacher = await createAttacher({ ...place, queryOnly: true, ...(host === undefined ? {} : { host }) })
    return (await attacher.list()).map(({ id }) => id).sort()
  } catch {
    return []
  }
}

/** Splits a line as a shell does: at spaces outside of quotes. The last word may be empty, or lack its closing quote. */
export function wordsOf(line: string): string[] {
  const words = ['']
  let quote = ''
  for (let index = 0; index < line.length; index += 1) {
    const char = line[index] ?? ''
    if (char === '\\' && quote !== "'") {
      index += 1
      words.push((words.pop() ?? '') + (line[index] ?? ''))
    } else if (quote === '' ? char === '"' || char === "'" : char === quote) {
      quote = quote === '' ? char : ''
    } else if (quote === '' && /\s/.test(char)) {
      if (words.at(-1) !== '') words.push('')
    } else {
      words.push((words.pop() ?? '') + char)
    }
  }
  return words
}
