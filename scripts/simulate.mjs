// npm run simulate -- --seed N --ops M: worlds over FakeHost on virtual time, with random faults (docs/evidence/simulation.md).
// Without options it runs what CI runs. `--jobs J` runs parts in parallel, with consecutive seeds.
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { runMain } from './main.mjs'
import { buildScenarios, CHECKOUT, ensure } from './setup.mjs'
import { formatCounts, parseCounts, sum } from './tests/stage.mjs'

const PROGRAM = 'build/lab/test/simulation/main.js'
/** Operations of one world. The next world has the next seed. */
const WORLD = 500

async function main() {
  const { values } = parseArgs({
    options: {
      seed: { type: 'string', default: '1' },
      ops: { type: 'string', default: '10000' },
      jobs: { type: 'string', default: '2' },
      steps: { type: 'string' },
      lines: { type: 'string' },
      shrink: { type: 'boolean' },
      outcomes: { type: 'boolean' },
      'go-on': { type: 'boolean' },
    },
  })
  await ensure({ quiet: true })
  await buildScenarios()
  const { seed, ops, jobs, ...rest } = values
  const { steps } = rest
  const flags = Object.entries(rest).flatMap(([name, value]) => (typeof value === 'string' ? [`--${name}`, value] : [`--${name}`]))
  const parts = split(Number(seed), Number(ops), Number(jobs))
  const counts = sum(
    await Promise.all(parts.map((part, job) => play(part, job === 0 && steps === undefined ? ['--twice', ...flags] : flags))),
  )
  console.log(formatCounts(counts))
  return counts.failed === 0 ? 0 : 1
}

/** @typedef {import('./tests/stage.mjs').Counts} Counts */
/** @typedef {{ seed: number, ops: number }} Part */

/** Gives each job whole worlds. @param {number} seed @param {number} ops @param {number} jobs @returns {Part[]} */
function split(seed, ops, jobs) {
  const worlds = Math.ceil(ops / WORLD)
  const each = Math.ceil(worlds / jobs)
  return Array.from({ length: Math.ceil(worlds / each) }, (_, job) => {
    const from = job * each
    return { seed: seed + from, ops: Math.min(ops - from * WORLD, each * WORLD) }
  })
}

/**
 * A job that ends without printing its counts has failed.
 * @param {Part} part @param {readonly string[]} flags @returns {Promise<Counts>}
 */
function play({ seed, ops }, flags) {
  return new Promise((resolve, reject) => {
    const args = [join(CHECKOUT, PROGRAM), '--seed', String(seed), '--ops', String(ops), '--world', String(WORLD), ...flags]
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
    /** @type {Counts | undefined} */
    let counts
    let rest = ''
    child.stdout.setEncoding('utf8').on('data', (/** @type {string} */ text) => {
      const lines = (rest + text).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) {
        const found = parseCounts(line)
        if (found === undefined) console.log(line)
        else counts = found
      }
    })
    child.on('error', reject)
    child.on('close', (code) => {
      const failed = code !== 0 && (counts?.failed ?? 0) === 0
      if (failed) console.log(`✘ the run that begins at seed ${seed} ended with exit code ${code}`)
      resolve(failed || counts === undefined ? { passed: counts?.passed ?? 0, failed: 1, skipped: 0 } : counts)
    })
  })
}

await runMain(main, { failed: 2 })
