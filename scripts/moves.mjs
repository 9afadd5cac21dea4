// npm run moves -- COMMAND: moves files and renames words in the whole repository.
//   apply TABLE               moves the files of a table and rewrites every reference to them.
//   patches BASE [--words T]  rewrites the mutations and planted bugs that no longer apply since the commit BASE.
//   snapshots WORDS           applies a table of renamed words to the snapshots, and prints the count for each.
// Tables are scripts/moves/*.json: { "files": { "old": "new" } }, { "words": { "old": "new" } }.
import { parseArgs } from 'node:util'
import { readJson } from './lab/json.mjs'
import { applyTable } from './moves/apply.mjs'
import { git } from './moves/git.mjs'
import { refreshPatches } from './moves/patches.mjs'
import { renameInSnapshots } from './moves/snapshots.mjs'

const USAGE = 'npm run moves -- apply TABLE | patches BASE [--words TABLE] | snapshots WORDS'

/** @returns {{ lines: readonly string[], failed: boolean }} */
function run() {
  const { values, positionals } = parseArgs({ allowPositionals: true, options: { words: { type: 'string' } } })
  const [command, argument] = positionals
  const root = git(process.cwd(), 'rev-parse', '--show-toplevel').trimEnd()
  if (argument === undefined) return { lines: [USAGE], failed: true }
  if (command === 'apply') return applyTable(root, /** @type {{ files: Record<string, string> }} */ (readJson(argument)))
  if (command === 'patches') return refreshPatches(root, argument, values.words === undefined ? {} : wordsOf(values.words))
  if (command === 'snapshots') return renameInSnapshots(root, /** @type {import('./moves/snapshots.mjs').Words} */ (readJson(argument)))
  return { lines: [USAGE], failed: true }
}

/** @param {string} file */
const wordsOf = (file) => /** @type {{ words: Record<string, string> }} */ (readJson(file)).words

const { lines, failed } = run()
console.log(lines.join('\n'))
process.exitCode = failed ? 1 : 0
