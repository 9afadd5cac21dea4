// npm run moves -- patches BASE: rewrites the mutations and planted bugs that no longer apply since a commit.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { filesOf, git } from './git.mjs'
import { layoutSince } from './locate.mjs'
import { hunksOf } from './patch-text.mjs'
import { applies, refreshed } from './refresh.mjs'

/** @typedef {import('./refresh.mjs').Since} Since */
/** @typedef {{ kind: 'unchanged' | 'refreshed' | 'other' | 'by hand', problem?: string }} Outcome */

const FOLDERS = ['test/mutations', 'test/simulation/planted']

/**
 * @param {string} root @param {string} base @param {Record<string, string>} words identifiers that were renamed since
 * @returns {{ lines: string[], failed: boolean }}
 */
export function refreshPatches(root, base, words = {}) {
  const layout = layoutSince(root, base)
  /** @type {Since} */
  const since = { root, base, layout, rename: (text) => renamed(text, words) }
  const earlier = new Map(filesOf(root, base).map((path) => [layout.newPathOf(path), path]))
  /** @type {(Outcome & { patch: string })[]} */
  const outcomes = FOLDERS.flatMap((folder) => patchesOf(root, folder)).map((patch) => ({
    patch,
    ...refresh(since, patch, earlier.get(patch)),
  }))
  /** @param {Outcome['kind']} kind */
  const of = (kind) => outcomes.filter((each) => each.kind === kind)
  const byHand = of('by hand')
  return {
    lines: [
      `Unchanged: ${of('unchanged').length}`,
      `Refreshed: ${of('refreshed').length}`,
      ...of('refreshed').map(({ patch }) => `  ${patch}`),
      `Not changed: edited patches that apply, but do something else than at ${base}: ${of('other').length}`,
      ...of('other').map(({ patch }) => `  ${patch}`),
      `To be written by hand: ${byHand.length}`,
      ...byHand.flatMap(({ patch, problem = '' }) => [`  ${patch}: ${problem.replaceAll('\n', '\n    ')}`]),
    ],
    failed: byHand.length > 0,
  }
}

/** @param {string} root @param {string} folder */
function patchesOf(root, folder) {
  try {
    const names = readdirSync(join(root, folder)).filter((name) => name.endsWith('.patch'))
    return names.sort().map((name) => `${folder}/${name}`)
  } catch {
    return []
  }
}

/**
 * A patch that doesn't exist at the base can't be refreshed. A patch that applies may still have old line numbers, or add lines with old
 * names. It is refreshed too, unless it was edited since.
 * @param {Since} since @param {string} patch @param {string | undefined} before its path at the base @returns {Outcome}
 */
function refresh(since, patch, before) {
  const how = applies(since.root, patch)
  const fits = how !== 'not'
  if (before === undefined) return fits ? { kind: 'unchanged' } : { kind: 'by hand', problem: `it is not in ${since.base}` }
  const now = readFileSync(join(since.root, patch), 'utf8')
  const then = git(since.root, 'show', `${since.base}:${before}`)
  const answer = refreshed(since, then, now)
  if (fits && ('problem' in answer || (answer.same && how === 'exactly'))) return { kind: 'unchanged' }
  if ('problem' in answer) return { kind: 'by hand', problem: answer.problem }
  if (fits && hunksOf(then) !== hunksOf(now)) return { kind: answer.same ? 'unchanged' : 'other' }
  writeFileSync(join(since.root, patch), answer.text)
  return { kind: 'refreshed' }
}

/**
 * Renames whole identifiers, all at once, so a new name is not renamed again.
 * @param {string} text @param {Record<string, string>} words
 */
export function renamed(text, words) {
  const names = Object.keys(words)
  if (names.length === 0) return text
  const escaped = names.map((name) => name.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'))
  const pattern = new RegExp(`(?<![\\w$])(?:${escaped.join('|')})(?![\\w$])`, 'g')
  return text.replaceAll(pattern, (name) => words[name] ?? name)
}
