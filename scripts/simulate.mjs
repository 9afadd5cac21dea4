// npm run simulate -- --seed N --ops M: worlds over FakeHost on virtual time, in which anything may go wrong (docs/simulation.md).
// Without options: what CI runs. `--jobs J` plays parts side by side; their seeds follow one another.
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { LabError } from './lab/run.mjs'
import { buildScenarios, CHECKOUT, ensure } from './setup.mjs'
import { formatCounts, sum } from './tests/stage.mjs'

const PROGRAM = 'build/lab/test/simulation/main.js'
/** Operations of a world; the next one has the next seed. */
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
  const flags = Object.entries(rest).flatMap(([name, value]) => (value === true ? [`--${name}`] : [`--${name}`, value]))
  const parts = split(Number(seed), Number(ops), Number(jobs))
  const counts = sum(
    await Promise.all(parts.map((part, job) => play(part, job === 0 && steps === undefined ? ['--twice', ...flags] : flags))),
  )
  console.log(formatCounts(counts))
  return counts.failed === 0 ? 0 : 1
}

/** Whole worlds to each job. */
function split(seed, ops, jobs) {
  const worlds = Math.ceil(ops / WORLD)
  const each = Math.ceil(worlds / jobs)
  return Array.from({ length: Math.ceil(worlds / each) }, (_, job) => {
    const from = job * each
    return { seed: seed + from, ops: Math.min(ops - from * WORLD, each * WORLD) }
  })
}

/** A job that ends without its counts has failed. */
function play({ seed, ops }, flags) {
  return new Promise((resolve, reject) => {
    const args = [join(CHECKOUT, PROGRAM), '--seed', String(seed), '--ops', String(ops), '--world', String(WORLD), ...flags]
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
    let counts
    let rest = ''
    child.stdout.setEncoding('utf8').on('data', (text) => {
      const lines = (rest + text).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) {
        const match = /^(\d+) passed, (\d+) failed, (\d+) skipped$/.exec(line)
        if (match === null) console.log(line)
        else counts = { passed: Number(match[1]), failed: Number(match[2]), skipped: Number(match[3]) }
      }
    })
    child.on('error', reject)
    child.on('close', (code) => {
      const failed = code !== 0 && (counts?.failed ?? 0) === 0
      if (failed) console.log(`✘ the worlds from seed ${seed} on ended with exit code ${code}`)
      resolve(failed || counts === undefined ? { passed: counts?.passed ?? 0, failed: 1, skipped: 0 } : counts)
    })
  })
}

main().then(
  (code) => (process.exitCode = code),
  (error) => {
    console.error(error instanceof LabError ? error.message : error)
    process.exitCode = 2
  },
)
