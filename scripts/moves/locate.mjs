// Where the files of an earlier commit are today.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { filesOf, git } from './git.mjs'
import { expand, Layout } from './layout.mjs'

const TABLES = 'scripts/moves'

/**
 * By the tables of moves that were applied since, each after the other; where they end at no file, by Git's detection of renames.
 * @param {string} root @param {string} base @returns {Layout} of the files of `base`
 */
export function layoutSince(root, base) {
  const before = filesOf(root, base)
  const tables = tablesOf(root).map((entries) => ({ entries, moves: expand(entries, before) }))
  const renames = renamesSince(root, base)
  const there = (path) => existsSync(join(root, path))
  const moves = new Map()
  for (const path of before) {
    const now = [followed(path, tables, there), renames.get(path)].find((each) => each !== undefined && there(each))
    if (now !== undefined && now !== path) moves.set(path, now)
  }
  return new Layout(moves, before)
}

/** Where the tables lead to, in whatever order they were applied. A table whose target isn't there was not applied yet. */
function followed(path, tables, there) {
  let now = path
  const left = [...tables]
  for (;;) {
    const index = left.findIndex(({ entries, moves }) => moves.has(now) || expand(entries, [now]).has(now))
    if (index === -1) return now === path ? undefined : now
    const [{ entries, moves }] = left.splice(index, 1)
    const next = moves.get(now) ?? expand(entries, [now]).get(now)
    const goesOn = there(next) || left.some((other) => expand(other.entries, [next]).has(next))
    if (goesOn) now = next
  }
}

function tablesOf(root) {
  if (!existsSync(join(root, TABLES))) return []
  const names = readdirSync(join(root, TABLES)).filter((name) => name.endsWith('.json'))
  return names.sort().flatMap((name) => JSON.parse(readFileSync(join(root, TABLES, name), 'utf8')).files ?? [])
}

function renamesSince(root, base) {
  const words = git(root, 'diff', '-M', '--name-status', '--diff-filter=R', '-z', base).split('\0')
  const renames = new Map()
  for (let at = 0; at + 2 < words.length; at += 3) renames.set(words[at + 1], words[at + 2])
  return renames
}
