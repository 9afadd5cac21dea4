// The text of a file after the moves.
import { bareNames, mentions } from './mentions.mjs'
import { specifiers } from './specifiers.mjs'

const CODE = /\.[cm]?[jt]s$/

/**
 * @param {string} file before the moves @param {string} text @param {import('./layout.mjs').Layout} layout
 * @returns {{ text: string, count: number, unsure: { line: number, why: string }[] }} unsure: possible references that were left unchanged
 */
export function rewrite(file, text, layout) {
  const head = file.endsWith('.patch') ? withoutHunks(text) : text
  const own = CODE.test(file) ? specifiers(file, head, layout) : { edits: [], unsure: [] }
  const more = mentions(file, head, layout)
  const edits = [...own.edits, ...more.edits.filter((edit) => !own.edits.some((other) => overlap(edit, other)))]
  const changes = edits.filter((edit) => head.slice(edit.start, edit.end) !== edit.text)
  const unsure = [...own.unsure, ...more.unsure, ...bareNames(head, layout)].filter(
    ({ at }) => !edits.some(({ start, end }) => start <= at && at < end),
  )
  return {
    text: apply(text, changes),
    count: changes.length,
    unsure: unsure.map(({ at, why }) => ({ line: text.slice(0, at).split('\n').length, why })),
  }
}

/** @typedef {import('./specifiers.mjs').Edit} Edit */

/** @param {Edit} a @param {Edit} b */
const overlap = (a, b) => a.start < b.end && b.start < a.end

/** @param {string} text @param {readonly Edit[]} edits */
function apply(text, edits) {
  const sorted = edits.toSorted((a, b) => b.start - a.start)
  return sorted.reduce((now, { start, end, text: words }) => now.slice(0, start) + words + now.slice(end), text)
}

/** Replaces the hunks of a patch by blanks. They are text of other files, and `moves patches` rewrites them. @param {string} text */
function withoutHunks(text) {
  let left = { old: 0, new: 0 }
  const lines = text.split('\n').map((line) => {
    const inHunk = left.old > 0 || left.new > 0
    if (!inHunk) {
      const [, before = '1', after = '1'] = /^@@ -\d+(?:,(\d+))? \+\d+(?:,(\d+))? @@/.exec(line) ?? [undefined, '0', '0']
      left = { old: Number(before), new: Number(after) }
      return line.startsWith('@@ ') ? ' '.repeat(line.length) : line
    }
    if (!line.startsWith('+')) left.old -= 1
    if (!line.startsWith('-')) left.new -= 1
    return ' '.repeat(line.length)
  })
  return lines.join('\n')
}
