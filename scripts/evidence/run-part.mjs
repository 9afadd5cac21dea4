// Runs one part until it ends, or for an hour at most.
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readJson } from '../lab/json.mjs'
import { runGroup } from '../tests/group.mjs'
import { agreed, CHECKOUT, parseCounts } from '../tests/stage.mjs'
import { forgetFiles, treeOf } from './tree.mjs'

/** @typedef {import('./parts.mjs').Part} Part */
/** @typedef {import('./results.mjs').Result} Result */

const LONGEST_MINUTES = 60
const MINUTE_MS = 60_000
/** The console of a guest and the account of a failure are long. A result keeps the beginning of each line. */
const LINE = 300

/**
 * A part whose files change while it runs has failed, because its tree is then unknown.
 * @param {Part} part @param {string} tree of the part's files @returns {Promise<Result>}
 */
export async function runPart({ name, argv, scope, rows = false, byExitCode = false }, tree) {
  const started = performance.now()
  const folder = mkdtempSync(join(tmpdir(), 'brickwork-part-'))
  const tidy = () => rmSync(folder, { recursive: true, force: true })
  try {
    const file = join(folder, 'result.json')
    const ended = await play(rows ? [...argv, '--result', file] : argv, tidy)
    const more = existsSync(file) ? /** @type {import('../lab/rows.mjs').LabResult} */ (readJson(file)) : {}
    forgetFiles()
    const isSame = treeOf(CHECKOUT, scope) === tree
    const outcome = outcomeOf(isSame ? ended : { ...ended, why: 'the sources changed while it ran' }, byExitCode)
    const minutes = Math.round((performance.now() - started) / (MINUTE_MS / 10)) / 10
    return { part: name, tree, on: new Date().toISOString().slice(0, 10), minutes, ...outcome, ...more }
  } finally {
    tidy()
  }
}

/** @typedef {{ exitCode: number, lines: readonly string[], why?: string | undefined }} Ended why: what failed besides */

/** @param {Ended} ended @param {boolean} byExitCode @returns {Pick<Result, 'passed' | 'failed' | 'skipped' | 'failures'>} */
export function outcomeOf({ exitCode, lines, why }, byExitCode) {
  const none = { passed: 0, failed: 0, skipped: 0 }
  const own = byExitCode ? { ...none, passed: exitCode === 0 ? 1 : 0 } : parseCounts(lines.at(-1) ?? '')
  const { says = [], ...counts } = agreed(own ?? none, exitCode, [])
  const failures = [...says, ...failedLines(lines), ...(why === undefined ? [] : [why])].map((line) => line.slice(0, LINE))
  const failed = Math.max(counts.failed, why === undefined ? 0 : 1)
  return { ...counts, failed, ...(failed === 0 ? {} : { failures }) }
}

/** The lines that the lab prints after `Failed:`. @param {readonly string[]} lines */
function failedLines(lines) {
  const from = lines.lastIndexOf('Failed:')
  return from < 0 ? [] : lines.slice(from + 1, -1).map((line) => line.trim())
}

/**
 * Runs the script in its own process group. When the script or this process ends, the whole group ends.
 * @param {readonly string[]} argv @param {() => void} onStop called when this process receives a signal to stop @returns {Promise<Ended>}
 */
async function play([script = '', ...args], onStop) {
  /** @type {string[]} */
  const lines = []
  let rest = ''
  const { code, isLate } = await runGroup(process.execPath, [join(CHECKOUT, script), ...args], {
    cwd: CHECKOUT,
    minutes: LONGEST_MINUTES,
    inherit: true,
    onStop,
    onOutput: (text) => {
      process.stdout.write(text)
      const all = (rest + text).split('\n')
      rest = all.pop() ?? ''
      lines.push(...all)
    },
  })
  const why = isLate ? `it took longer than ${LONGEST_MINUTES} minutes` : undefined
  return { exitCode: code ?? 2, lines: rest === '' ? lines : [...lines, rest], why }
}
