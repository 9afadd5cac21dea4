// npm test: sets everything up and runs all tests of all kinds. It goes on after a failed stage. The last line is the sum,
// `N passed, N failed, N skipped`.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { duration, LabError } from './lab/run.mjs'
import { runMain } from './main.mjs'
import { ensure } from './setup.mjs'
import { CHECKOUT, counting, formatCounts, perform, single, sum } from './tests/stage.mjs'
import { vitest } from './tests/vitest.mjs'

/** @param {string} name */
const bin = (name) => join(CHECKOUT, 'node_modules/.bin', name)
/** @param {string} line */
const show = (line) => console.log(`    ${line}`)
/** @param {string} script @param {readonly string[]} args @returns {() => Promise<import('./tests/stage.mjs').Outcome>} */
const node =
  (script, ...args) =>
  () =>
    counting(process.execPath, [script, ...args], show)

/** The lab has the longest stage. */
const LAB_MINUTES = 40

/** @type {import('./tests/stage.mjs').Stage[]} */
const stages = [
  { name: 'format', run: () => single(bin('biome'), ['format', '.']) },
  { name: 'import cycles', run: () => single(bin('biome'), ['lint', 'lib', '--max-diagnostics=none']) },
  { name: 'lint', run: () => single(bin('eslint'), ['.']) },
  { name: 'types', run: () => single(bin('tsc'), ['-p', 'tsconfig.test.json']) },
  { name: 'types of scripts', run: () => single(bin('tsc'), ['-p', 'tsconfig.scripts.json']) },
  { name: 'api documentation', run: () => single(bin('typedoc'), []) },
  { name: 'prose', run: () => single(process.execPath, ['scripts/prose.mjs']) },
  { name: 'unit, fake, contract', run: () => vitest('unit', 'fake', 'contract') },
  { name: 'crash points', run: () => vitest('crash') },
  { name: 'model', run: node('scripts/model.mjs') },
  { name: 'simulation', run: node('scripts/simulate.mjs') },
  { name: 'native core', run: node('scripts/native-tests.mjs') },
  { name: 'native addon', run: () => vitest('native') },
  { name: 'leaks', run: node('scripts/leaks.mjs', '--calls', '5000') },
  { name: 'command line', run: () => vitest('cli') },
  { name: 'package', run: () => vitest('package') },
]
const lab = { name: 'lab', run: () => counting(process.execPath, ['scripts/lab-tests.mjs', '--brief'], show, LAB_MINUTES) }

/** Limits of the machine, which are not failures. */
const LIMITS = ['WRONG_ARCH', 'NOT_ROOT', 'TOOL_MISSING']

async function main() {
  const started = performance.now()
  const done = []
  const unready = await failureOf(ensure({ tests: true }))
  // Code that doesn't compile is one failure among others. Without the machine's tools, nothing can run.
  if (unready !== undefined && (codeOf(unready) !== 'RUN_FAILED' || !existsSync(bin('vitest')))) throw unready
  if (unready !== undefined) done.push(await perform({ name: 'set-up', run: () => Promise.reject(unready) }))
  const withoutLab = await failureOf(ensure({ lab: true, quiet: true }))
  for (const stage of stages) done.push(await perform(stage))
  done.push(await perform(withoutLab === undefined ? lab : { name: 'lab', run: () => Promise.resolve(excuse(withoutLab)) }))
  console.log(`\n${done.map(row).join('\n')}\nin ${duration(performance.now() - started)}`)
  const counts = sum(done)
  console.log(formatCounts(counts))
  return counts.failed === 0 ? 0 : 1
}

/** @param {Promise<unknown>} promise @returns {Promise<Error | undefined>} */
const failureOf = (promise) =>
  promise.then(
    () => undefined,
    (/** @type {unknown} */ error) => (error instanceof Error ? error : new Error(String(error))),
  )
/** @param {Error} error */
const codeOf = (error) => (error instanceof LabError ? error.code : undefined)

/** @param {Error} error of the lab's set-up @returns {import('./tests/stage.mjs').Outcome} */
function excuse(error) {
  if (!(error instanceof LabError)) throw error
  const limited = LIMITS.includes(error.code)
  const why = `${limited ? '- skipped' : '✘'}: the lab could not be set up: ${error.message}`
  return { passed: 0, failed: limited ? 0 : 1, skipped: limited ? 1 : 0, says: why.split('\n') }
}

/** @param {import('./tests/stage.mjs').Done} done */
const row = ({ name, ms, ...counts }) => `${name.padEnd(26)}${formatCounts(counts).padEnd(36)}${duration(ms).padStart(8)}`

await runMain(main, { onError: () => console.log(formatCounts({ passed: 0, failed: 1, skipped: 0 })) })
