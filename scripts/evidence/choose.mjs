// Selects parts by the words of a command line.
import { LabError } from '../lab/run.mjs'

/**
 * Without a word, selects all. Otherwise selects those whose name or words include one of the words. The order stays.
 * @template {{ readonly name: string, readonly words: readonly string[] }} T
 * @param {readonly T[]} all @param {readonly string[]} words @returns {readonly T[]}
 */
export function choose(all, words) {
  const known = new Set(all.flatMap((each) => [...each.words, each.name]))
  const unknown = words.filter((word) => !known.has(word))
  if (unknown.length > 0) {
    const most = [...known].filter((word) => !word.includes('/')).sort()
    throw new LabError('USAGE', `Unknown part: ${unknown.join(', ')}. Parts and groups:\n${columns(most)}`)
  }
  return all.filter((each) => words.length === 0 || [each.name, ...each.words].some((word) => words.includes(word)))
}

/** @param {readonly string[]} words */
function columns(words) {
  const lines = ['']
  for (const word of words) {
    const line = lines.at(-1) ?? ''
    if (line.length + word.length > 100) lines.push(`  ${word}`)
    else lines.splice(-1, 1, `${line}  ${word}`)
  }
  return lines.join('\n')
}
