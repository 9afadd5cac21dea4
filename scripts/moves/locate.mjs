// Finds where the files of an earlier commit are today.
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { readJson } from '../lab/json.mjs'
import { filesOf, git } from './git.mjs'
import { expand, Layout } from './layout.mjs'

const TABLES = 'scripts/moves'

/**
 * Follows the tables of moves that were applied since. If they lead to no file, follows Git's detection of renames.
 * @param {string} root @param {string} base @returns {Layout} of the files of `base`
 */
export function layoutSince(root, base) {
  const before = filesOf(root, base)
  const tables = tablesOf(root).map((entries) => ({ entries, moves: expand(entries, before) }))
  const renames = renamesSince(root, base)
  /** @param {string} path */
  const there = (path) => existsSync(join(root, path))
  /** @type {Map<string, string>} */
  const moves = new Map()
  for (const path of before) {
    const now = [followed(path, tables, there), renames.get(path)].find((each) => each !== undefined && there(each))
    if (now !== undefined && now !== path) moves.set(path, now)
  }
  return new Layout(moves, before)
}

/** @typedef {{ entries: Record<string, string>, moves: ReadonlyMap<string, string> }} Table */

/**
 * Follows the tables in any order in which they lead on. A table whose target doesn't exist was not applied yet.
 * @param {string} path @param {readonly Table[]} tables @param {(path: string) => boolean} there
 */
function followed(path, tables, there) {
  let now = path
  const left = [...tables]
  for (;;) {
    const index = left.findIndex((table) => nextOf(table, now) !== undefined)
    const [table] = index === -1 ? [] : left.splice(index, 1)
    const next = table === undefined ? undefined : nextOf(table, now)
    if (next === undefined) return now === path ? undefined : now
    const goesOn = there(next) || left.some((other) => expand(other.entries, [next]).has(next))
    if (goesOn) now = next
  }
}

/** @param {Table} table @param {string} path */
const nextOf = ({ entries, moves }, path) => moves.get(path) ?? expand(entries, [path]).get(path)

/** @param {string} root @returns {Record<string, string>[]} */
function tablesOf(root) {
  if (!existsSync(join(root, TABLES))) return []
  const names = readdirSync(join(root, TABLES)).filter((name) => name.endsWith('.json'))
  const tables = names.sort().map((name) => /** @type {{ files?: Record<string, string> }} */ (readJson(join(root, TABLES, name))))
  return tables.flatMap(({ files }) => (files === undefined ? [] : [files]))
}

/** @param {string} root @param {string} base */
function renamesSince(root, base) {
  const words = git(root, 'diff', '-M', '--name-status', '--diff-filter=R', '-z', base).split('\0')
  /** @type {Map<string, string>} */
  const renames = new Map()
  for (let at = 0; at + 2 < words.length; at += 3) renames.set(words[at + 1] ?? '', words[at + 2] ?? '')
  return renames
}
