// Paths from the repository's root, in documents, headers of patches, settings, strings and comments; and links of documents.
import { posix } from 'node:path'

/** @typedef {import('./layout.mjs').Layout} Layout */
/** @typedef {import('./specifiers.mjs').Found} Found */

/** A slash in text, or in a regular expression. */
const SLASH = String.raw`\\?/`

/**
 * @param {string} file before the moves @param {string} text @param {import('./layout.mjs').Layout} layout
 * @returns {Found}
 */
export function mentions(file, text, layout) {
  /** @type {Found} */
  const found = { edits: [], unsure: [] }
  const tops = [...new Set([...layout.moves.keys()].map((path) => path.split('/', 1).join('')))].filter((top) => !top.includes('.'))
  if (tops.length === 0) return found
  const before = `(?<![\\w.-]|[\\w.-]/)(?:(?:\\.{1,2}|dist|build|build${SLASH}lab|/brickwork|[ab])${SLASH})*`
  const pattern = new RegExp(`(${before})((?:${tops.join('|')})(?:${SLASH}[\\w.@-]+)+(?:${SLASH})?)`, 'g')
  for (const match of text.matchAll(pattern)) {
    const [, start = '', said = ''] = match
    const at = match.index + start.length
    const written = said.replace(/\.+$/, '')
    const after = text.slice(at + written.length)
    const answer = answerOf(written.replaceAll('\\/', '/'), after, layout)
    if (answer.why !== undefined) found.unsure.push({ at, why: answer.why })
    if (answer.path === undefined) continue
    const path = written.includes('\\/') ? answer.path.replaceAll('/', '\\/') : answer.path
    if (path !== written) found.edits.push({ start: at, end: at + written.length, text: path })
  }
  return file.endsWith('.md') ? withLinks(file, text, layout, found) : found
}

/** @param {string} path @param {string} after @param {Layout} layout @returns {{ path?: string | undefined, why?: string }} */
function answerOf(path, after, layout) {
  if (!path.replace(/\/$/, '').includes('/')) return {}
  if (/^(?:[*{]|\$\{)/.test(after) && !path.endsWith('/')) {
    const { path: now, some } = layout.prefix(path)
    return now === undefined && some ? { why: `the files of ${path}… go to several places` } : { path: now }
  }
  const file = layout.file(path, { bare: true })
  if (file !== undefined) return { path: file }
  const folder = path.endsWith('/') ? path : `${path}/`
  const { path: now, some } = layout.prefix(folder)
  if (now !== undefined) return { path: path.endsWith('/') ? now : now.replace(/\/$/, '') }
  if (!some) return {}
  return { why: layout.remains(folder) ? `some files of ${folder} moved` : `the files of ${folder} went to several places` }
}

/**
 * Links, `[words](path#heading)`, from the document's own folder.
 * @param {string} file @param {string} text @param {Layout} layout @param {Found} found @returns {Found}
 */
function withLinks(file, text, layout, found) {
  const here = posix.dirname(file)
  const there = posix.dirname(layout.newPathOf(file))
  const links = [...text.matchAll(/(?<=\]\()[^)#\s:]+(?=(?:#[^)\s]*)?\))/g)].flatMap(({ 0: said, index }) => {
    const target = posix.join(here, said)
    const folder = layout.prefix(target.endsWith('/') ? target : `${target}/`).path
    const now = layout.file(target) ?? (folder === undefined ? undefined : folder.replace(/\/$/, ''))
    if (now === undefined) return []
    const path = posix.relative(there, now) + (said.endsWith('/') ? '/' : '')
    return [{ start: index, end: index + said.length, text: here === there && now === target.replace(/\/$/, '') ? said : path }]
  })
  /** @param {{ start: number }} place */
  const free = ({ start }) => !links.some((link) => link.start <= start && start < link.end)
  return { edits: [...links, ...found.edits.filter(free)], unsure: found.unsure.filter(({ at }) => free({ start: at })) }
}

/** Moved files whose base name changed, mentioned by base name alone. @param {string} text @param {Layout} layout */
export function bareNames(text, layout) {
  const renamed = [...layout.moves].filter(([path, target]) => posix.basename(path) !== posix.basename(target))
  const names = [...new Set(renamed.map(([path]) => posix.basename(path)))]
  if (names.length === 0) return []
  const pattern = new RegExp(`(?<![\\w./-])(?:${names.map((name) => name.replaceAll('.', '\\.')).join('|')})(?![\\w/-])`, 'g')
  return [...text.matchAll(pattern)].map(({ index, 0: name }) => ({ at: index, why: `a file called ${name} was renamed` }))
}
