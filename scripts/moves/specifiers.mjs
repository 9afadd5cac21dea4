// Relative paths in a source file: imports of every kind, `new URL('…', import.meta.url)`, `join(import.meta.dirname, '…')`.
import { posix } from 'node:path'

/** @typedef {{ start: number, end: number, text: string }} Edit */
/** @typedef {{ edits: Edit[], unsure: { at: number, why: string }[] }} Found */

/** @typedef {import('./layout.mjs').Layout} Layout */

/** Any quoted `./…` or `../…`; in a template, up to its first expression. */
const QUOTED = /(?<=(['"`]))\.{1,2}\/[^'"`$\s]*(?=\1|\$\{)/g
/** Paths from the file's own folder. These may also be folders, and need not begin with a dot. */
const FROM_HERE = [
  /(?<=\bimport\.meta\.dirname,\s*(['"`]))[^'"`$]*(?=\1|\$\{)/g,
  /(?<=\bnew URL\(\s*(['"`]))[^'"`$]*(?=\1, import\.meta\.url|\$\{)/g,
  /(?<=\$\{import\.meta\.dirname\}\/)[^'"`$\s]*/g,
]

/**
 * @param {string} file before the moves @param {string} text @param {Layout} layout
 * @returns {Found}
 */
export function specifiers(file, text, layout) {
  /** @type {Found} */
  const found = { edits: [], unsure: [] }
  /** @type {Set<number>} */
  const done = new Set()
  const here = posix.dirname(file)
  const there = posix.dirname(layout.newPathOf(file))
  const moved = here !== there
  /** @param {RegExpExecArray} match @param {boolean} folders */
  const see = (match, folders) => {
    if (done.has(match.index)) return
    done.add(match.index)
    const [said] = match
    const target = posix.join(here, said)
    if (target.startsWith('..')) return
    const now = layout.file(target) ?? (folders ? folderOf(target, layout) : partOf(match, text, target, layout)) ?? unbuilt(target)
    if (now === undefined) {
      if (moved && isImport(text, match.index)) found.unsure.push({ at: match.index, why: `${said} is not a file of the repository` })
      return
    }
    const path = relative(there, now, said)
    if (path !== said && (moved || now !== target)) found.edits.push({ start: match.index, end: match.index + said.length, text: path })
  }
  for (const pattern of FROM_HERE) for (const match of text.matchAll(pattern)) see(match, true)
  for (const match of text.matchAll(QUOTED)) see(match, false)
  if (moved)
    for (const { index } of text.matchAll(/(?<!new URL\([^)]*, )import\.meta\.url\b/g))
      found.unsure.push({ at: index, why: 'the file moved, and a path relative to it may be wrong' })
  return found
}

/** A path into the build, below the file's own folder. The build isn't tracked, so the path can't be looked up. @param {string} target */
const unbuilt = (target) => (/^(?:dist|build|prebuilds|node_modules)\//.test(target) ? target : undefined)

/** @param {string} target @param {Layout} layout */
function folderOf(target, layout) {
  if (target === '.' || target === './') return '.'
  const { path } = layout.prefix(target.endsWith('/') ? target : `${target}/`)
  return path === undefined || target.endsWith('/') ? path : path.slice(0, -1)
}
/** `'../lab/${name}.js'`: the folder before the expression. @param {RegExpExecArray} match @param {string} text @param {string} target @param {Layout} layout */
function partOf(match, text, target, layout) {
  const open = text.startsWith('${', match.index + match[0].length)
  return open && target.endsWith('/') ? layout.prefix(target).path : undefined
}
/** Whether the match is not inside a string: no quote stands before it on its line. @param {string} text @param {number} at */
function isImport(text, at) {
  const before = text.slice(text.lastIndexOf('\n', at) + 1, at - 1)
  return /(?:\bfrom |\bimport |\bimport\(|\bmock\(|\bdoMock\(|\bimportActual(?:<.*>)?\()$/.test(before) && !/['"`]/.test(before)
}

/**
 * Keeps the spelling of the original: with or without `./` and a final `/`.
 * @param {string} from @param {string} to @param {string} said
 */
function relative(from, to, said) {
  const path = posix.relative(from, to) || '.'
  const dotted = path.startsWith('.') || !said.startsWith('.') ? path : `./${path}`
  return said.endsWith('/') && !dotted.endsWith('/') ? `${dotted}/` : dotted
}
