// Runs projects of vitest as a stage. Takes the counts from its JSON report, and prints failed and skipped tests.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { readJson } from '../lab/json.mjs'
import { agreed, CHECKOUT, collect, lastLines } from './stage.mjs'

/** As in continuous integration: a missing snapshot fails and is not written, and a test that is marked `only` fails. */
export const STRICT = ['--update=none', '--allowOnly=false']

/**
 * The fields used from the output of vitest's JSON reporter.
 * @typedef {object} Report
 * @property {number} numPassedTests @property {number} numFailedTests @property {number} numPendingTests @property {number} numTodoTests
 * @property {readonly FileReport[]} testResults
 */
/** @typedef {{ name: string, status: string, message: string, assertionResults: readonly TestReport[] }} FileReport */
/** @typedef {{ status: string, fullName: string, failureMessages: readonly string[] }} TestReport */

/** @param {string[]} projects @returns {Promise<import('./stage.mjs').Outcome>} */
export async function vitest(...projects) {
  const folder = mkdtempSync(join(tmpdir(), 'brickwork-vitest-'))
  try {
    const file = join(folder, 'report.json')
    const args = ['run', ...STRICT, '--reporter=verbose', '--reporter=json', `--outputFile.json=${file}`]
    const chosen = projects.flatMap((project) => ['--project', project])
    const { exitCode, output } = await collect('node_modules/.bin/vitest', [...args, ...chosen])
    const report = readReport(file)
    if (report === undefined) return { passed: 0, failed: 1, skipped: 0, says: lastLines(output) }
    const counts = countsOf(report)
    const outcome = agreed(counts, exitCode, [...failures(report), ...skips(output)])
    // A failure outside any test of the report: a broken set-up, or an unhandled rejection.
    return outcome.failed > 0 && failures(report).length === 0
      ? { ...outcome, says: [...lastLines(output), ...(outcome.says ?? [])] }
      : outcome
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** @param {string} file @returns {Report | undefined} */
function readReport(file) {
  try {
    return /** @type {Report} */ (readJson(file))
  } catch {
    return undefined
  }
}

/** A file that could not be loaded has no tests, and counts as one failure. @param {Report} report */
function countsOf(report) {
  const broken = report.testResults.filter(isBroken).length
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests + broken,
    skipped: report.numPendingTests + report.numTodoTests,
  }
}
/** @param {FileReport} file */
const isBroken = ({ status, assertionResults }) => status === 'failed' && assertionResults.every((test) => test.status !== 'failed')

/** @param {Report} report */
function failures(report) {
  return report.testResults.flatMap((file) => {
    const name = relative(CHECKOUT, file.name)
    const failed = file.assertionResults.filter(({ status }) => status === 'failed')
    const told = failed.flatMap((test) => [`✘ ${name} > ${test.fullName}`, ...test.failureMessages.flatMap((text) => firstLines(text))])
    return isBroken(file) ? [`✘ ${name}`, ...firstLines(file.message)] : told
  })
}
/** @param {string} text */
const firstLines = (text) =>
  text
    .trimEnd()
    .split('\n')
    .slice(0, 25)
    .map((line) => `  ${line}`)

/** The JSON report omits the reasons, so they come from the output: ` ↓ |unit| test/a.test.ts > name [why]` @param {string} output */
function skips(output) {
  return output.split('\n').flatMap((line) => {
    const text = /^\s*↓\s+(.*)$/.exec(line)?.[1]
    return text === undefined ? [] : [`- skipped: ${text}`]
  })
}
