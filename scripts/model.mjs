// npm run model [-- NAME… | --large | --steps]: checks the protocol of claims, locks and journal (test/model) exhaustively with spin, and that
// each planted error has a counter-example. `--large`: three agents and larger budgets, for `npm run test:full`. `--steps` prints the counter-examples.
// The last line is `N passed, N failed, N skipped`.
import { parseArgs } from 'node:util'
import { which } from './lab/run.mjs'
import { runMain } from './main.mjs'
import { check } from './model/check.mjs'
import { LARGE, PLANTED_ERRORS, PROPERTIES, SCOPES } from './model/runs.mjs'
import { formatCounts } from './tests/stage.mjs'

/** @typedef {import('./model/runs.mjs').Run} Run */
/** @typedef {import('./model/check.mjs').Checked} Checked */

/** For each run. Those of `npm test` take half a minute together, and 200 MB each. */
const LIMITS = { minutes: 3, megabytes: 2000 }
const LIMITS_OF_LARGE = { minutes: 50, megabytes: 8000 }

async function main() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { large: { type: 'boolean', default: false }, steps: { type: 'boolean', default: false } },
  })
  const all = values.large ? LARGE : [...SCOPES, ...PLANTED_ERRORS]
  const unknown = positionals.filter((name) => !all.some((each) => each.name === name))
  if (unknown.length > 0) throw new Error(`Unknown: ${unknown.join(', ')}. There are ${all.map(({ name }) => name).join(', ')}`)
  const chosen = positionals.length === 0 ? all : all.filter(({ name }) => positionals.includes(name))
  const counts = { passed: 0, failed: 0, skipped: 0 }
  const missing = ['spin', 'gcc'].filter((program) => !which(program))
  if (missing.length > 0) {
    counts.skipped = chosen.reduce((sum, { breaks }) => sum + (breaks === undefined ? PROPERTIES.length : 1), 0)
    console.log(`- skipped: ${missing.join(' and ')} cannot be found (\`npm run setup\` as root installs them)`)
  } else {
    for (const run of chosen) {
      const checked = await check(run, values.large ? LIMITS_OF_LARGE : LIMITS)
      const { passed, failed } = run.breaks === undefined ? scopeTold(run, checked) : plantedTold(run, checked)
      counts.passed += passed
      counts.failed += failed
      if (values.steps || (checked.broken !== undefined && run.breaks === undefined))
        for (const step of checked.steps) console.log(`    ${step}`)
    }
  }
  console.log(formatCounts(counts))
  return counts.failed === 0 ? 0 : 1
}

/** Each property is one test. @param {Run} run @param {Checked} checked */
function scopeTold({ name, about }, { states, megabytes, seconds, broken, unfinished }) {
  const size = `${states.toLocaleString('en')} states, ${megabytes} MB, ${seconds} s`
  const why = broken ?? unfinished
  console.log(why === undefined ? `✔ ${name} (${about}): ${PROPERTIES.join(', ')}; ${size}` : `✘ ${name} (${about}): ${why}; ${size}`)
  return why === undefined ? { passed: PROPERTIES.length, failed: 0 } : { passed: 0, failed: 1 }
}
/** @param {Run} run @param {Checked} checked */
function plantedTold({ name, about, breaks }, { broken, unfinished, steps }) {
  const isFound = broken !== undefined && broken === breaks
  const found =
    broken === undefined
      ? `no counter-example${unfinished === undefined ? '' : ` (${unfinished})`}`
      : `${broken} fails after ${steps.length} steps`
  console.log(`${isFound ? '✔' : '✘'} planted ${name} (${about}): ${found}`)
  return { passed: isFound ? 1 : 0, failed: isFound ? 0 : 1 }
}

await runMain(main, { onError: () => console.log(formatCounts({ passed: 0, failed: 1, skipped: 0 })) })
