// npm run test:lab -- [options] [SCENARIO…]: plays scenarios of test/scenarios in a guest, then their twins over FakeHost, and compares
// both.
import { spawn } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { builtTests } from './built.mjs'
import { boot } from './lab/boot.mjs'
import { withLock } from './lab/cache.mjs'
import { writeJson } from './lab/json.mjs'
import { ensureKernel } from './lab/kernel.mjs'
import { differences, label, readOutcomes, Tally } from './lab/results.mjs'
import { ensureRoot } from './lab/root.mjs'
import { rowOf, versionsOf } from './lab/rows.mjs'
import { LabError } from './lab/run.mjs'
import { runMain } from './main.mjs'
import { ensurePacked } from './packed.mjs'
import { CHECKOUT, ensure } from './setup.mjs'

/** @typedef {import('../test/play/scenario.js').Scenario} Scenario */
/** @typedef {import('./lab/results.mjs').Outcome} Outcome */
/** @typedef {import('./lab/rows.mjs').Played} Played */
/** @typedef {{ distribution: string, seed: number, out: string }} Settings of one run */
/** The kind of guest that a scenario needs. @typedef {{ name: string, init: 'script' | 'systemd', peer?: 'os-brick' | undefined }} Boot */

const USAGE = `Usage: npm run test:lab -- [options] [SCENARIO…]

  Runs the named scenarios of the lab, or all except the long ones, in a guest and over FakeHost. The name of a file of test/scenarios
  stands for its scenarios.

Options:
  --brief               only the scenarios of \`npm test\` (test/scenarios/brief.ts)
  --long                the long scenarios: more kills, more agents, and many minutes
  --family NAME         only the scenarios of one file of test/scenarios
  --times N             runs everything N times
  --distribution NAME   the guest's Debian: bookworm (default) or trixie
  --keep FOLDER         keeps outcomes and the guest's console below this folder
  --result FILE         writes a row for each scenario: its result in the guest, and how its twin compares
`
const PROGRAM = 'build/lab/test/play/main.js'
const START_MS = 180_000
/** Allowed time between scenarios, and for the diagnosis of one that failed. */
const BETWEEN_MS = 120_000
const DEFAULT_SCENARIO_MS = 120_000
const CONSOLE_LINES = 25

/** Each has its own guest. @type {readonly Boot[]} */
const BOOTS = [
  { name: 'script', init: 'script' },
  { name: 'systemd', init: 'systemd' },
  { name: 'os-brick', init: 'script', peer: 'os-brick' },
]
/** @type {Boot} */
const SECOND_BOOT = { name: 'after-reboot', init: 'script' }

/** @param {readonly Scenario[]} scenarios @param {Tally} tally @param {Settings} settings @returns {Promise<Played>} */
async function playAll(scenarios, tally, settings) {
  /** @type {Outcome[]} */
  const real = []
  for (const how of BOOTS) {
    const chosen = scenarios.filter((each) => (each.init ?? 'script') === how.init && each.peer === how.peer)
    if (chosen.length === 0) continue
    if (how.name !== 'script') console.log(`\nThe boot with ${how.name}`)
    real.push(...(await playInGuest(chosen, how, settings)))
  }
  const carried = scenarios.filter(({ afterReboot, name }) => afterReboot && real.some((each) => each.name === name && each.ok))
  if (carried.length > 0) {
    console.log('\nThe second boot')
    real.push(...(await playInGuest(carried, SECOND_BOOT, settings)))
  }
  /** @type {Pick<Outcome, 'name' | 'phase'>[]} */
  const due = scenarios.flatMap(({ name, afterReboot }) => [
    { name, phase: 'run' },
    ...(afterReboot ? [{ name, phase: /** @type {const} */ ('afterReboot') }] : []),
  ])
  /** @param {readonly Outcome[]} outcomes @param {Pick<Outcome, 'name' | 'phase'>} which */
  const found = (outcomes, { name, phase }) => outcomes.find((each) => each.name === name && each.phase === phase)
  for (const each of due) {
    const outcome = found(real, each)
    tally.count(`${label(each)} in the guest`, outcome?.ok ?? false, outcome === undefined ? 'it did not run' : outcome.failure)
  }

  console.log('\nTwins')
  const withTwins = scenarios.filter(({ only }) => only === undefined)
  const file = join(settings.out, 'twins.json')
  if (withTwins.length > 0) await playOverFake(withTwins, file, settings.seed)
  const twins = readOutcomes(file)
  for (const each of due)
    if (withTwins.some(({ name }) => name === each.name)) compare(label(each), found(real, each), found(twins, each), tally)
  return { real, twins }
}

/** @param {string} name @param {Outcome | undefined} real @param {Outcome | undefined} twin @param {Tally} tally */
function compare(name, real, twin, tally) {
  if (!real?.ok) {
    tally.skip(`twin of ${name}`, 'there is no result of the guest to compare it with')
    return
  }
  const failure = twin === undefined ? 'it did not end' : twin.ok ? undefined : `it failed: ${twin.failure ?? ''}`
  const lines = twin === undefined || failure !== undefined ? [failure ?? ''] : differences(real, twin)
  tally.count(`twin of ${name}`, lines.length === 0, lines[0])
  console.log(`${lines.length === 0 ? 'ok  ' : 'FAIL'} twin of ${name}`)
  for (const line of lines) console.log(`       ${line.replaceAll('\n', '\n       ')}`)
}

/**
 * If a guest dies before any scenario has failed, it is started once more for the remaining ones. A failed scenario is never repeated.
 * @param {readonly Scenario[]} scenarios @param {Boot} how @param {Settings} settings
 */
async function playInGuest(scenarios, { name: boots, init, peer }, { distribution, seed, out }) {
  const flags = boots === SECOND_BOOT.name ? ['--after-reboot'] : []
  const file = join(out, `${boots}.json`)
  /** @param {readonly Scenario[]} chosen */
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
      `\n!!! The guest died: ${result.message}\n!!! No scenario had failed. It is restarted once, for the remaining ${left.length}.\n`,
    )
    result = await start(left)
    outcomes = [...outcomes, ...readOutcomes(file)]
  }
  if (result.outcome !== 'exited') console.log(`\n!!! ${result.message}`)
  else if (result.exitCode !== 0)
    console.log(`The guest's console, at its end:\n${result.console.trimEnd().split('\n').slice(-CONSOLE_LINES).join('\n')}`)
  return outcomes
}

/** @param {readonly Scenario[]} scenarios @param {string} file @param {number} seed */
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
      family: { type: 'string' },
      times: { type: 'string', default: '1' },
      distribution: { type: 'string', default: 'bookworm' },
      keep: { type: 'string' },
      result: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) {
    console.log(USAGE)
    return 0
  }
  if (values.brief && (positionals.length > 0 || values.long))
    throw new LabError('USAGE', '--brief cannot be combined with names or --long')
  await ensure({ lab: true, quiet: true, distributions: [values.distribution] })
  const chosen = await choose(values, positionals)
  if (chosen.length === 0) throw new LabError('USAGE', 'No scenario matches')
  if (chosen.some(({ packed = false }) => packed)) await ensurePacked()
  const seed = Number(process.env['BRICKWORK_SEED'] ?? randomInt(2 ** 31))
  const tally = new Tally()
  // Scenarios measure time, and two emulated guests on one machine take far more than twice as long.
  await withLock(
    'lab tests',
    () => playTimes(chosen, tally, seed, values),
    () => console.log('Waiting for another run of the lab to finish'),
  )
  tally.say()
  return tally.failed.length > 0 ? 1 : 0
}

/** @param {{ brief: boolean, long: boolean, family?: string }} values @param {readonly string[]} names @returns {Promise<readonly Scenario[]>} */
async function choose({ brief, long, family }, names) {
  const { families, scenarios } = /** @type {typeof import('../test/scenarios/index.js')} */ (await builtTests('scenarios/index.js'))
  const { BRIEF } = /** @type {typeof import('../test/scenarios/brief.js')} */ (await builtTests('scenarios/brief.js'))
  const unknown = names.filter((name) => !families.has(name) && !scenarios.some((each) => each.name === name))
  if (unknown.length > 0)
    throw new LabError('USAGE', `Unknown scenario: ${unknown.join(', ')}. Scenarios: ${scenarios.map(({ name }) => name).join(', ')}`)
  const all = family === undefined ? scenarios : families.get(family)
  if (all === undefined) throw new LabError('USAGE', `Unknown family: ${family ?? ''}. Families: ${[...families.keys()].join(', ')}`)
  const ofFamilies = names.flatMap((name) => families.get(name) ?? []).filter((each) => (each.long ?? false) === long)
  if (names.length > 0) return all.filter((each) => names.includes(each.name) || ofFamilies.includes(each))
  return all.filter((each) => (brief ? BRIEF.has(each.name) : (each.long ?? false) === long))
}

/**
 * @param {readonly Scenario[]} chosen @param {Tally} tally @param {number} seed
 * @param {{ times: string, distribution: string, keep?: string, result?: string }} values
 */
async function playTimes(chosen, tally, seed, { times, distribution, keep, result }) {
  for (let time = 1; time <= Number(times); time++) {
    if (time > 1) console.log(`\nTime ${time} of ${times}`)
    if (keep !== undefined) mkdirSync(keep, { recursive: true })
    const out = mkdtempSync(join(keep ?? tmpdir(), 'brickwork-lab-'))
    try {
      const played = await playAll(chosen, tally, { distribution, seed, out })
      if (result !== undefined) writeJson(result, await resultOf(chosen, played, distribution, seed))
    } finally {
      if (keep === undefined) rmSync(out, { recursive: true, force: true })
    }
  }
}

/**
 * @param {readonly Scenario[]} chosen @param {Played} played @param {string} distribution @param {number} seed
 * @returns {Promise<import('./lab/rows.mjs').LabResult>}
 */
async function resultOf(chosen, played, distribution, seed) {
  const guest = versionsOf(await ensureRoot(distribution), (await ensureKernel(distribution)).version)
  return { seed, guest, rows: chosen.map((scenario) => rowOf(scenario, played)) }
}

await runMain(main, { failed: 2 })
