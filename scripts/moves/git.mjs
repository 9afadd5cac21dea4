// Git and file helpers for the moves: each takes the root of a repository.
import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const BIOME = join(dirname(fileURLToPath(import.meta.url)), '../../node_modules/.bin/biome')

/** @param {string} root @param {...string} words @returns {string} what git prints */
export function git(root, ...words) {
  return execFileSync('git', words, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], maxBuffer: 2 ** 28 })
}

/** The files of a commit, or the tracked files of the working tree. @param {string} root @param {string} [commit] @returns {string[]} */
export function filesOf(root, commit) {
  const out = commit === undefined ? git(root, 'ls-files', '-z') : git(root, 'ls-tree', '-rz', '--name-only', commit)
  const paths = out.split('\0').filter((path) => path !== '')
  return commit === undefined ? paths.filter((path) => existsSync(join(root, path))) : paths
}

/** @template T @param {(folder: string) => T} work @returns {T} */
export function inTemporaryFolder(work) {
  const folder = mkdtempSync(join(tmpdir(), 'brickwork-moves-'))
  try {
    return work(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Formats files in place by the repository's own biome.json. @param {string} root @param {readonly string[]} files */
export function format(root, files) {
  if (files.length === 0 || !existsSync(join(root, 'biome.json'))) return
  execFileSync(BIOME, ['format', '--write', '--files-ignore-unknown=true', '--no-errors-on-unmatched', ...files], {
    cwd: root,
    stdio: 'pipe',
  })
}

/** The text as Biome formats it, or as it is when Biome can't parse it. @param {string} root @param {string} path @param {string} text */
export function formatted(root, path, text) {
  if (!existsSync(join(root, 'biome.json'))) return text
  try {
    return execFileSync(BIOME, ['format', `--stdin-file-path=${path}`], { cwd: root, input: text, encoding: 'utf8', stdio: 'pipe' })
  } catch {
    return text
  }
}
