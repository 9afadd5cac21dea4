// npm run test:lab -- [options] [SCENARIO…]: scenarios of test/lab in a guest, then their twins over FakeHost, then both compared.
import { spawn } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { boot } from './lab/boot.mjs'
import { withLock } from './lab/cache.mjs'
import { ensureKernel } from './lab/kernel.mjs'
import { differences, label, readOutcomes, Tally } from './lab/results.mjs'
import { ensureRoot } from './lab/root.mjs'
import { LabError } from './lab/run.mjs'
import { keptRuns, summaryOf, versionsOf } from './lab/summary.mjs'
import { CHECKOUT, ensure } from './setup.mjs'

const USAGE = `Usage: npm run test:lab -- [options] [SCENARIO…]

  Plays the lab's scenarios of these names, or all of them but the long ones, in a guest and over FakeHost.

Options:
  --brief               those that \`npm test\` plays (test/lab/scenarios/brief.ts)
  --long                the long scenarios: more kills, more agents, and many minutes
  --times N             plays all of it N times
  --distribution NAME   the guest's Debian: bookworm (as by default) or trixie
  --keep FOLDER         keeps outcomes and the guest's console below this folder
  --summary FILE        writes down what was played and how it came out; not of single scenarios
  --from FOLDER         with --summary: of runs that were kept there, instead of a new one
`
const PROGRAM = 'build/lab/test/lab/main.js'
const START_MS = 180_000
/** Between scenarios, and to look at one that failed. */
const BETWEEN_MS = 120_000
const DEFAULT_SCENARIO_MS = 120_000
const CONSOLE_LINES = 25

/** One guest each. */
const BOOTS = [{ init: 'script' }, { init: 'systemd' }, { init: 'script', peer: 'os-brick' }]

/** @param {import('./lab/results.mjs').Tally} tally @returns {Promise<import('./lab/summary.mjs').Played>} */
async function playAll(scenarios, tally, { distribution, seed, out }) {
  const guest = (flags, chosen, how = BOOTS[0]) => playInGuest(flags, chosen, { distribution, seed, out, ...how })
  const real = []
  for (const how of BOOTS) {
    const chosen = scenarios.filter((each) => (each.init ?? 'script') === how.init && each.peer === how.peer)
    if (chosen.length === 0) continue
    if (how !== BOOTS[0]) console.log(`\nThe boot with ${how.peer ?? how.init}`)
    real.push(...(await guest([], chosen, how)))
  }
  const carried = scenarios.filter(({ afterReboot, name }) => afterReboot && real.some((each) => each.name === name && each.ok))
  if (carried.length > 0) {
    console.log('\nThe second boot')
    real.push(...(await guest(['--after-reboot'], carried)))
  }
  const due = scenarios.flatMap(({ name, afterReboot }) => [
    { name, phase: 'run' },
    ...(afterReboot ? [{ name, phase: 'afterReboot' }] : []),
  ])
  const found = (outcomes, { name, phase }) => outcomes.find((each) => each.name === name && each.phase === phase)
  for (const each of due) {
    const outcome = found(real, each)
    tally.count(`${label(each)} in the guest`, outcome?.ok ?? false, outcome === undefined ? 'it was not played' : outcome.failure)
  }

  console.log('\nTwins')
  const withTwins = scenarios.filter(({ only }) => only === undefined)
  const file = join(out, 'twins.json')
  if (withTwins.length > 0) await playOverFake(withTwins, file, seed)
  const twins = readOutcomes(file)
  for (const each of due)
    if (withTwins.some(({ name }) => name === each.name)) compare(label(each), found(real, each), found(twins, each), tally)
  return { real, twins }
}

function compare(name, real, twin, tally) {
  if (!real?.ok) return tally.skip(`twin of ${name}`, 'there is nothing to compare it with')
  const lines = twin === undefined ? ['it did not come to an end'] : twin.ok ? differences(real, twin) : [`it failed: ${twin.failure}`]
  tally.count(`twin of ${name}`, lines.length === 0, lines[0])
  console.log(`${lines.length === 0 ? 'ok  ' : 'FAIL'} twin of ${name}`)
  for (const line of lines) console.log(`       ${line.replaceAll('\n', '\n       ')}`)
}

/** A guest that dies before any scenario has failed is started once more, for what is left; a scenario that failed is never tried again. */
async function playInGuest(flags, scenarios, { distribution, seed, out, init, peer }) {
  const boots = flags.includes('--after-reboot') ? 'after-reboot' : (peer ?? init)
  const file = join(out, `${boots}.json`)
  const start = (chosen) =>
    boot({
      distribution,
      peer,
      init,
      command: ['node', `/brickwork/${PROGRAM}`, ...flags, '--outcomes', `/out/${boots}.json`, ...chosen.map(({ name }) => name)],
      env: { BRICKWORK_SEED: String(seed) },
      timeoutMs: chosen.reduce((sum, { timeoutMs = DEFAULT_SCENARIO_MS }) => sum + timeoutMs + BETWEEN_MS, START_MS),
      out,
      keepConsole: join(out, `console-${boots}.txt`),
      onLine: (line) => console.log(line),
    })
  let result = await start(scenarios)
  let outcomes = readOutcomes(file)
  const left = scenarios.filter(({ name }) => !outcomes.some((each) => each.name === name))
  if (result.outcome === 'guest-died' && left.length > 0 && outcomes.every(({ ok }) => ok)) {
    console.log(
      `\n!!! The guest died: ${result.message}\n!!! No scenario had failed. It's started again, once, for the ${left.length} that are left.\n`,
    )
    result = await start(left)
    outcomes = [...outcomes, ...readOutcomes(file)]
  }
  if (result.outcome !== 'exited') console.log(`\n!!! ${result.message}`)
  else if (result.exitCode !== 0)
    console.log(`The guest's console, at its end:\n${result.console.trimEnd().split('\n').slice(-CONSOLE_LINES).join('\n')}`)
  return outcomes
}

function playOverFake(scenarios, file, seed) {
  const args = [join(CHECKOUT, PROGRAM), '--fake', '--outcomes', file, ...scenarios.map(({ name }) => name)]
  const env = { ...process.env, BRICKWORK_SEED: String(seed) }
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'], env })
    child.on('error', reject).on('close', resolve)
  })
}

async function main() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      brief: { type: 'boolean', default: false },
      long: { type: 'boolean', default: false },
      times: { type: 'string', default: '1' },
      distribution: { type: 'string', default: 'bookworm' },
      keep: { type: 'string' },
      summary: { type: 'string' },
      from: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) return console.log(USAGE)
  if (values.summary !== undefined && (positionals.length > 0 || values.brief))
    throw new LabError('USAGE', 'A summary is of all scenarios, not of some')
  if (values.brief && (positionals.length > 0 || values.long)) throw new LabError('USAGE', '--brief goes with neither names nor --long')
  await ensure({ lab: true, quiet: true, distributions: [values.distribution] })
  const { scenarios } = await import(new URL(`../build/lab/test/lab/scenarios/index.js`, import.meta.url).href)
  const unknown = positionals.filter((name) => !scenarios.some((each) => each.name === name))
  if (unknown.length > 0)
    throw new LabError('USAGE', `No scenario ${unknown.join(', ')}. There are: ${scenarios.map(({ name }) => name).join(', ')}`)
  const { BRIEF } = await import(new URL(`../build/lab/test/lab/scenarios/brief.js`, import.meta.url).href)
  const due = scenarios.filter(({ name, long = false }) => (values.brief ? BRIEF.has(name) : long === values.long))
  if (values.from !== undefined) return await writeSummary(values, due, keptRuns(values.from))
  const chosen = positionals.length === 0 ? due : scenarios.filter(({ name }) => positionals.includes(name))
  const seed = Number(process.env.BRICKWORK_SEED ?? randomInt(2 ** 31))
  const tally = new Tally()
  // Scenarios measure time, and two emulated guests on one machine are far more than twice as slow.
  await withLock(
    'lab tests',
    () => playTimes(chosen, tally, seed, values),
    () => console.log('Waiting for another run of the lab to finish'),
  )
  tally.say()
  if (tally.failed.length > 0) process.exitCode = 1
}

async function playTimes(chosen, tally, seed, values) {
  for (let time = 1; time <= Number(values.times); time++) {
    if (time > 1) console.log(`\nTime ${time} of ${values.times}`)
    if (values.keep !== undefined) mkdirSync(values.keep, { recursive: true })
    const out = mkdtempSync(join(values.keep ?? tmpdir(), 'brickwork-lab-'))
    try {
      const played = await playAll(chosen, tally, { distribution: values.distribution, seed, out })
      if (values.summary !== undefined) await writeSummary(values, chosen, [played])
    } finally {
      if (values.keep === undefined) rmSync(out, { recursive: true, force: true })
    }
  }
}

async function writeSummary({ distribution, summary }, scenarios, runs) {
  if (summary === undefined) throw new LabError('USAGE', '--from goes with --summary')
  const [root, kernel] = [await ensureRoot(distribution), await ensureKernel(distribution)]
  writeFileSync(summary, summaryOf(distribution, versionsOf(root, kernel.version), scenarios, runs))
}

main().catch((error) => {
  console.error(error instanceof LabError ? error.message : error)
  process.exitCode = 2
})
