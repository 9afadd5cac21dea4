// One stage of the tests: how it runs, counts and reports.
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { duration, LabError, messageOf } from '../lab/run.mjs'

export const CHECKOUT = fileURLToPath(new URL('../../', import.meta.url)).replace(/\/$/, '')

/** @typedef {{ passed: number, failed: number, skipped: number }} Counts */
/** @typedef {Counts & { says?: readonly string[] }} Outcome says: lines to show: why something failed, what was skipped and why */
/** @typedef {{ name: string, run: () => Promise<Outcome> }} Stage */
/** @typedef {Outcome & { name: string, ms: number }} Done */

/**
 * Runs a program until it ends, and returns its exit code and output, also if it fails.
 * @param {string} command @param {readonly string[]} args @param {{ onLine?: (line: string) => void }} [options]
 * @returns {Promise<{ exitCode: number, output: string }>}
 */
export function collect(command, args, { onLine = () => undefined } = {}) {
  return new Promise((resolve) => {
    // The output is kept and searched, so it must have no colours.
    const env = { ...process.env, NO_COLOR: '1', FORCE_COLOR: undefined }
    const child = spawn(command, args, { cwd: CHECKOUT, env, stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    let rest = ''
    /** @param {string} text */
    const take = (text) => {
      output += text
      const lines = (rest + text).split('\n')
      rest = lines.pop() ?? ''
      lines.forEach(onLine)
    }
    child.stdout.setEncoding('utf8').on('data', take)
    child.stderr.setEncoding('utf8').on('data', take)
    child.on('error', (error) => resolve({ exitCode: 127, output: `${command}: ${error.message}` }))
    child.on('close', (code, signal) => {
      if (rest) onLine(rest)
      resolve({ exitCode: code ?? 1, output: signal ? `${output}\n${command} was ended by ${signal}` : output })
    })
  })
}

/**
 * Runs a program that is one test. Its exit code decides whether it passes.
 * @param {string} command @param {readonly string[]} args @returns {Promise<Outcome>}
 */
export async function single(command, args) {
  const { exitCode, output } = await collect(command, args)
  return exitCode === 0 ? { passed: 1, failed: 0, skipped: 0 } : { passed: 0, failed: 1, skipped: 0, says: lastLines(output) }
}

/**
 * Runs a program that counts its own tests. Its last line is `N passed, N failed, N skipped`.
 * @param {string} command @param {readonly string[]} args @param {(line: string) => void} onLine
 * @returns {Promise<Outcome>}
 */
export async function counting(command, args, onLine) {
  const { exitCode, output } = await collect(command, args, { onLine })
  const counts = parseCounts(output.trimEnd().split('\n').at(-1) ?? '')
  if (counts === undefined)
    return { passed: 0, failed: 1, skipped: 0, says: [`it ended with exit code ${exitCode} and reported no counts`] }
  return agreed(counts, exitCode, [])
}

/**
 * A stage that counted nothing, or that failed without a failed test, has failed.
 * @param {Counts} counts @param {number} exitCode @param {readonly string[]} says @returns {Outcome}
 */
export function agreed(counts, exitCode, says) {
  if (counts.failed > 0 || (exitCode === 0 && counts.passed + counts.skipped > 0)) return { ...counts, says }
  const why = exitCode === 0 ? 'there was nothing to run' : `exit code ${exitCode}`
  return { ...counts, failed: 1, says: [...says, why] }
}

/** @param {string} output */
export const lastLines = (output, most = 60) => output.trimEnd().split('\n').slice(-most)

/** Runs a stage and prints its result. A stage that throws counts as one failure. @param {Stage} stage @returns {Promise<Done>} */
export async function perform({ name, run }) {
  const started = performance.now()
  const outcome = await run().catch(failure)
  const done = { ...outcome, name, ms: performance.now() - started }
  const mark = done.failed > 0 ? '✘' : '✔'
  console.log(`${mark} ${name}: ${formatCounts(done)} (${duration(done.ms)})`)
  for (const line of done.says ?? []) console.log(`    ${line}`)
  return done
}

/** @param {unknown} error @returns {Outcome} */
function failure(error) {
  const text = error instanceof LabError || !(error instanceof Error) ? messageOf(error) : (error.stack ?? error.message)
  return { passed: 0, failed: 1, skipped: 0, says: text.split('\n') }
}

/** @param {readonly Counts[]} all @returns {Counts} */
export const sum = (all) =>
  all.reduce((a, b) => ({ passed: a.passed + b.passed, failed: a.failed + b.failed, skipped: a.skipped + b.skipped }), {
    passed: 0,
    failed: 0,
    skipped: 0,
  })

/** @param {Counts} counts */
export const formatCounts = ({ passed, failed, skipped }) => `${passed} passed, ${failed} failed, ${skipped} skipped`

/** @param {string} line @returns {Counts | undefined} what `formatCounts` wrote */
export function parseCounts(line) {
  const match = /^(\d+) passed, (\d+) failed, (\d+) skipped$/.exec(line)
  return match === null ? undefined : { passed: Number(match[1]), failed: Number(match[2]), skipped: Number(match[3]) }
}
