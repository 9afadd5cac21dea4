// npm run moves -- apply TABLE: moves the files of a table and rewrites every reference to them.
import { mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { filesOf, format, git } from './git.mjs'
import { complaintsOf, expand, Layout } from './layout.mjs'
import { rewrite } from './rewrite.mjs'

/** Records of the past, and tables: references in them don't name files of today. */
const LEFT_ALONE = [/^native\/fuzz\/corpus\//, /^test\/fixtures\//, /\.snap$/, /^scripts\/moves\/[^/]*\.json$/, /^package-lock\.json$/]

/**
 * @param {string} root @param {{ files: Record<string, string> }} table
 * @returns {{ lines: string[], failed: boolean }} what was done, and what was found but left unchanged
 */
export function applyTable(root, { files }) {
  const tracked = filesOf(root)
  const complaints = complaintsOf(files, tracked)
  if (complaints.length > 0) return { lines: complaints, failed: true }
  const layout = new Layout(expand(files, tracked), tracked)
  const texts = tracked.filter((path) => !LEFT_ALONE.some((each) => each.test(path))).map((path) => ({ path, before: read(root, path) }))
  moveAll(root, layout.moves)
  /** @type {Rewritten[]} */
  const rewritten = []
  /** @type {string[]} */
  const left = []
  for (const { path, before } of texts) {
    if (before === undefined) continue
    const { text, count, unsure } = rewrite(path, before, layout)
    const now = layout.newPathOf(path)
    if (count > 0) {
      writeFileSync(join(root, now), text)
      rewritten.push({ path: now, count })
    }
    const lines = before.split('\n')
    for (const { line, why } of unsure) left.push(`${now}:${line}: ${why}: ${(lines[line - 1] ?? '').trim()}`)
  }
  const touched = [...layout.moves.values(), ...rewritten.map(({ path }) => path)].filter((path) => /\.[cm]?[jt]s$/.test(path))
  format(root, [...new Set(touched)])
  return { lines: report(layout.moves, rewritten, left), failed: false }
}

/** @typedef {{ path: string, count: number }} Rewritten */

/** `undefined`: not text. @param {string} root @param {string} path */
function read(root, path) {
  const bytes = readFileSync(join(root, path))
  return bytes.includes(0) ? undefined : bytes.toString('utf8')
}

/** First moves files aside that stand where another file goes. @param {string} root @param {ReadonlyMap<string, string>} moves */
function moveAll(root, moves) {
  const targets = new Set(moves.values())
  const aside = [...moves.keys()].filter((path) => targets.has(path))
  for (const path of aside) git(root, 'mv', path, `${path}.aside`)
  for (const [path, target] of moves) {
    mkdirSync(join(root, dirname(target)), { recursive: true })
    git(root, 'mv', aside.includes(path) ? `${path}.aside` : path, target)
  }
  for (const path of moves.keys()) removeEmpty(root, dirname(path))
}
/** @param {string} root @param {string} folder */
function removeEmpty(root, folder) {
  try {
    if (folder === '.' || readdirSync(join(root, folder)).length > 0) return
  } catch {
    return // git has removed it
  }
  rmdirSync(join(root, folder))
  removeEmpty(root, dirname(folder))
}

/** @param {ReadonlyMap<string, string>} moves @param {readonly Rewritten[]} rewritten @param {readonly string[]} left */
function report(moves, rewritten, left) {
  const sum = rewritten.reduce((all, { count }) => all + count, 0)
  return [
    `Moved ${moves.size} files:`,
    ...[...moves].map(([path, target]) => `  ${path} → ${target}`),
    `Rewrote ${sum} references in ${rewritten.length} files:`,
    ...rewritten.map(({ path, count }) => `  ${path}: ${count}`),
    `Found ${left.length} mentions to check by hand:`,
    ...left.map((line) => `  ${line}`),
  ]
}
