// npm run moves -- snapshots WORDS: applies a table of renamed words to vitest's snapshots, and changes nothing else.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { filesOf } from './git.mjs'

/**
 * The groups of a table. `words` are whole words inside any quoted string; `titles` are parts of a test's name between ` > `. The words of
 * every other group are whole quoted strings, as in `"step": "prove"`.
 * @typedef {Record<string, Record<string, string>>} Words
 * @param {string} root @param {Words} table @returns {{ lines: string[], failed: boolean }} failed: a word did not occur
 */
export function renameInSnapshots(root, table) {
  const counted = Object.entries(table).flatMap(([group, words]) => Object.keys(words).map((word) => `${group}: ${word}`))
  const counts = new Map(counted.map((each) => [each, 0]))
  /** @type {Count} */
  const count = (group, word) => counts.set(`${group}: ${word}`, (counts.get(`${group}: ${word}`) ?? 0) + 1)
  for (const path of filesOf(root).filter((each) => each.endsWith('.snap'))) {
    const before = readFileSync(join(root, path), 'utf8')
    const after = renamedSnapshot(before, table, count)
    if (after !== before) writeFileSync(join(root, path), after)
  }
  const rows = [...counts].map(([word, times]) => `${String(times).padStart(5)}  ${word} → ${targetOf(table, word) ?? ''}`)
  return { lines: rows, failed: [...counts.values()].includes(0) }
}
/** @typedef {(group: string, word: string) => unknown} Count */

/** @param {Words} table @param {string} counted */
function targetOf(table, counted) {
  const [group = '', ...word] = counted.split(': ')
  return table[group]?.[word.join(': ')]
}

/** @param {string} text @param {Words} table @param {Count} count */
export function renamedSnapshot(text, table, count) {
  const { words = {}, titles = {}, ...groups } = table
  const lines = text.split('\n').map((line) => {
    if (line.startsWith('exports[`')) return withTitle(line, titles, count)
    return line.replaceAll(
      /"((?:[^"\\]|\\.)*)"/g,
      (/** @type {string} */ _quoted, /** @type {string} */ said) => `"${withWord(said, groups, words, count)}"`,
    )
  })
  return sorted(lines, text.split('\n')).join('\n')
}

/** @param {string} line @param {Record<string, string>} titles @param {Count} count */
function withTitle(line, titles, count) {
  const [, name = '', rest = ''] = /^exports\[`(.*)( \d+`\] = .*)$/.exec(line) ?? [undefined, line.slice(9), '']
  const parts = name.split(' > ').map((part) => {
    if (titles[part] === undefined) return part
    count('titles', part)
    return titles[part]
  })
  return `exports[\`${parts.join(' > ')}${rest}`
}

/** @param {string} said @param {Words} groups @param {Record<string, string>} words @param {Count} count */
function withWord(said, groups, words, count) {
  for (const [group, entries] of Object.entries(groups)) {
    if (entries[said] === undefined) continue
    count(group, said)
    return entries[said]
  }
  return said.replaceAll(/[\w$-]+/g, (word) => {
    if (words[word] === undefined) return word
    count('words', word)
    return words[word]
  })
}

/**
 * vitest sorts the keys of an object. If a key was renamed, sorts the object's entries again.
 * @param {readonly string[]} lines @param {readonly string[]} before
 */
function sorted(lines, before) {
  /** @param {string | undefined} line */
  const key = (line = '') => /^(\s*)"((?:[^"\\]|\\.)*)": /.exec(line)
  const out = [...lines]
  /** @param {number} at */
  const depth = (at) => key(lines[at])?.[1]?.length ?? 0
  const changed = lines.flatMap((line, at) => (key(line) !== null && key(line)?.[2] !== key(before[at])?.[2] ? [at] : []))
  // Inner objects first, because sorting an outer object moves them.
  for (const at of changed.sort((a, b) => depth(b) - depth(a))) {
    const indent = ' '.repeat(depth(at))
    const [start, end] = [edge(lines, at, indent, -1), edge(lines, at, indent, 1)]
    /** @type {string[][]} */
    const entries = []
    for (const line of out.slice(start + 1, end)) {
      if (key(line)?.[1] === indent) entries.push([line])
      else entries.at(-1)?.push(line)
    }
    /** @param {readonly string[]} entry */
    const names = (entry) => key(entry[0])?.[2] ?? ''
    const inOrder = entries.toSorted((a, b) => (names(a) < names(b) ? -1 : names(a) > names(b) ? 1 : 0))
    out.splice(start + 1, end - start - 1, ...inOrder.flat())
  }
  return out
}
/**
 * The line with the object's brace, above or below an entry.
 * @param {readonly string[]} lines @param {number} at @param {string} indent @param {1 | -1} step
 */
function edge(lines, at, indent, step) {
  let line = at
  while (lines[line]?.startsWith(indent)) line += step
  return line
}
