// One stage of the tests: how it runs, counts and reports.
import { fileURLToPath } from 'node:url'
import { duration, LabError, messageOf } from '../lab/run.mjs'
import { runGroup } from './group.mjs'

export const CHECKOUT = fileURLToPath(new URL('../../', import.meta.url)).replace(/\/$/, '')

/** @typedef {{ passed: number, failed: number, skipped: number }} Counts */
/** @typedef {Counts & { says?: readonly string[] }} Outcome says: lines to show: why something failed, what was skipped and why */
/** @typedef {{ name: string, run: () => Promise<Outcome> }} Stage */
/** @typedef {Outcome & { name: string, ms: number }} Done */

/** A stage that hangs is ended, so that the others run and the sum is printed. */
const LONGEST_MINUTES = 25

/**
 * Runs a program until it ends, and returns its exit code and output, also if it fails.
 * @param {string} command @param {readonly string[]} args @param {{ onLine?: (line: string) => void, minutes?: number }} [options] minutes: its time limit
 * @returns {Promise<{ exitCode: number, output: string }>}
 */
export async function collect(command, args, { onLine = () => undefined, minutes = LONGEST_MINUTES } = {}) {
  // The output is kept and searched, so it must have no colours.
  const env = { ...process.env, NO_COLOR: '1', FORCE_COLOR: undefined }
  let output = ''
  let rest = ''
  /** @param {string} text */
  const onOutput = (text) => {
    output += text
    const lines = (rest + text).split('\n')
    rest = lines.pop() ?? ''
    lines.forEach(onLine)
  }
  try {
    const { code, signal, isLate } = await runGroup(command, args, { cwd: CHECKOUT, env, minutes, onOutput })
    if (rest) onLine(rest)
    if (isLate) return { exitCode: 1, output: `${output}\n${command} took longer than ${minutes} minutes, and was ended` }
    return { exitCode: code ?? 1, output: signal === undefined ? output : `${output}\n${command} was ended by ${signal}` }
  } catch (error) {
    return { exitCode: 127, output: `${command}: ${messageOf(error)}` }
  }
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
 * @param {string} command @param {readonly string[]} args @param {(line: string) => void} onLine @param {number} [minutes] its time limit
 * @returns {Promise<Outcome>}
 */
export async function counting(command, args, onLine, minutes) {
  const { exitCode, output } = await collect(command, args, { onLine, ...(minutes === undefined ? {} : { minutes }) })
  const counts = parseCounts(output.trimEnd().split('\n').at(-1) ?? '')
  if (counts === undefined)
    return {
      passed: 0,
      failed: 1,
      skipped: 0,
      says: [...lastLines(output, 3), `it ended with exit code ${exitCode} and reported no counts`],
    }
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
