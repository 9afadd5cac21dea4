// npm run bench:storm [-- ROW…]: attach storms in the lab; os-brick, Brickwork and the bound take turns (docs/evidence/storms.md). Each row
// has its own guest, takes at most half an hour, and is kept in docs/evidence/bench/storm.json with the hash of its tree. The script skips
// a row that was measured on the same tree. A row that fails doesn't stop the others. The last line is `N passed, N failed, N skipped`.
//   ROW…          only these (`S1`).
//   --clock C     instructions (default): the guest's time counts instructions; tcg: the machine's time, on two emulated processors; keeps
//                 nothing.
//   --again       also measures rows that were measured on the same tree.
//   --rounds N    rounds of each row, instead of its own number; keeps nothing.
//   --keep        keeps the row all the same.
//   --steps       prints after each round how long each step of a first volume took.
//   --profile P   only the party of this name, with a profile of its attaches: build/bench/ROW-N.cpuprofile, and a report of them;
//                 keeps no row; with --write it keeps the report in docs/evidence/bench/profiles/ROW.md.
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { parseArgs } from 'node:util'
import { builtTests } from '../built.mjs'
import { choose } from '../evidence/choose.mjs'
import { stormScope } from '../evidence/scopes.mjs'
import { forgetFiles, treeOf } from '../evidence/tree.mjs'
import { boot } from '../lab/boot.mjs'
import { withLock } from '../lab/cache.mjs'
import { readJson } from '../lab/json.mjs'
import { ensureKernel } from '../lab/kernel.mjs'
import { ensureRoot } from '../lab/root.mjs'
import { versionsOf } from '../lab/rows.mjs'
import { LabError } from '../lab/run.mjs'
import { runMain } from '../main.mjs'
import { buildScenarios, CHECKOUT, ensure } from '../setup.mjs'
import { formatCounts, sum } from '../tests/stage.mjs'
import { reportProfiles } from './profile-report.mjs'
import { isMeasured, keep, keptRows } from './storm-kept.mjs'
import { rowsOf } from './storm-report.mjs'
import { reportOf } from './storm-tables.mjs'

/** @typedef {import('./storm-report.mjs').Row} Row */
/** @typedef {import('./storm-report.mjs').Measured} Measured */
/** @typedef {import('../tests/stage.mjs').Counts & { measured?: Measured | undefined }} Done with the newest result of the row */
/** @typedef {{ again: boolean, clock: string, keep: boolean, rounds?: string, profile?: string, steps: boolean, write: boolean }} Options */

const LONGEST_MS = 30 * 60_000
/** For the rounds alone. The guest starts before them, and the last round may take longer than the earlier ones. */
const MEASURES_MINUTES = 24

async function main() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      again: { type: 'boolean', default: false },
      clock: { type: 'string', default: 'instructions' },
      keep: { type: 'boolean', default: false },
      rounds: { type: 'string' },
      profile: { type: 'string' },
      steps: { type: 'boolean', default: false },
      write: { type: 'boolean', default: false },
    },
  })
  if (!['instructions', 'tcg'].includes(values.clock)) throw new LabError('USAGE', `There is no clock ${values.clock}`)
  await ensure({ lab: true, quiet: true })
  await buildScenarios()
  const { ROWS } = /** @type {typeof import('../../test/bench/row.js')} */ (await builtTests('bench/row.js'))
  const chosen = choose(
    ROWS.map((row) => ({ row, name: row.id, words: [] })),
    positionals,
  )
  mkdirSync(join(CHECKOUT, 'build/bench'), { recursive: true })
  for (const program of ['bound', 'stopwatch']) compile(program)
  /** @type {Done[]} */
  const done = []
  for (const { row } of chosen) done.push(await measureRow(ROWS, row, values))
  const counts = sum(done)
  const measured = done.flatMap((each) => each.measured ?? [])
  console.log(JSON.stringify({ bench: 'storm', rows: rowsOf(ROWS, measured) }))
  console.log(formatCounts(counts))
  return counts.failed === 0 ? 0 : 1
}

/** A program of the guest, without libraries. @param {string} name */
function compile(name) {
  const folder = join(CHECKOUT, 'test/bench', name)
  const sources = readdirSync(folder).filter((file) => file.endsWith('.c'))
  const argv = ['-O2', '-Wall', '-Wextra', '-static', '-pthread', '-o', join(CHECKOUT, 'build/bench', name), ...sources]
  execFileSync('cc', argv, { cwd: folder, stdio: 'inherit' })
}

/** @param {readonly Row[]} ROWS @param {Row} row @param {Options} options @returns {Promise<Done>} */
async function measureRow(ROWS, row, options) {
  const isTrial = !options.keep && (options.rounds !== undefined || options.profile !== undefined || options.clock !== 'instructions')
  const tree = treeOf(CHECKOUT, stormScope())
  const last = keptRows().find(({ id }) => id === row.id)
  if (!isTrial && !options.again && isMeasured(last, tree)) {
    console.log(`- ${row.id}: skipped, it was measured on this tree on ${last?.on ?? ''}`)
    return { passed: 0, failed: 0, skipped: 1, measured: last }
  }
  const out = mkdtempSync(join(tmpdir(), 'brickwork-storm-'))
  try {
    const measured = await play(out, row, options)
    if (measured === undefined) return failed(row, 'it gave no result')
    forgetFiles()
    if (treeOf(CHECKOUT, stormScope()) !== tree) return failed(row, 'the sources changed while it ran')
    const kept = { ...measured, on: new Date().toISOString().slice(0, 10), tree, commit: commitOf(tree) }
    if (options.profile !== undefined) return reportProfiles(out, kept, options.profile, options.write)
    console.log(`\n${reportOf(ROWS, rowsOf(ROWS, [kept]), [kept])}`)
    if (!isTrial) keep(ROWS, kept)
    const [failure] = kept.failures
    if (failure !== undefined) return { ...failed(row, `${failure.party}: ${failure.why}`), measured: kept }
    return { passed: 1, failed: 0, skipped: 0, measured: kept }
  } finally {
    rmSync(out, { recursive: true, force: true })
  }
}

/** @param {Row} row @param {string} why @returns {Done} */
function failed({ id }, why) {
  console.log(`✘ ${id}: ${why}`)
  return { passed: 0, failed: 1, skipped: 0 }
}

/**
 * Returns undefined if the guest did not finish.
 * @param {string} out @param {Row} row @param {Options} options @returns {Promise<Omit<Measured, 'on' | 'tree' | 'commit'> | undefined>}
 */
async function play(out, row, { clock, rounds, profile, steps }) {
  const flags = [
    ...(rounds === undefined ? [] : ['--rounds', rounds]),
    ...(profile === undefined ? [] : ['--party', profile, '--profile', '/out']),
    ...(steps ? ['--steps'] : []),
  ]
  const program = '/brickwork/build/lab/test/bench/main.js'
  const result = await withLock(
    'lab tests',
    () =>
      boot({
        peer: 'os-brick',
        clock: clock === 'instructions' ? clock : undefined,
        disk: { sizeMb: 256 },
        command: ['node', program, '--outcomes', '/out/storm.json', '--minutes', String(MEASURES_MINUTES), ...flags, row.id],
        timeoutMs: LONGEST_MS,
        out,
        onLine: (line) => console.log(line),
      }),
    () => console.log('Waiting for another run of the lab to finish'),
  )
  if (result.disk) rmSync(dirname(result.disk), { recursive: true, force: true })
  if (result.outcome !== 'exited') console.log(`!!! ${result.message}`)
  if (result.outcome !== 'exited' || result.exitCode !== 0) return undefined
  const [measured] = /** @type {import('../../test/bench/result.js').Measured[]} */ (readJson(join(out, 'storm.json')))
  return measured && { ...measured, clock, test: result.clock, versions: await versions() }
}

/** Of what runs in the guest. */
async function versions() {
  const { version } = await ensureKernel()
  return [...versionsOf(await ensureRoot('bookworm', 'os-brick'), version), `Node.js ${process.version}`]
}

/** The commit of the sources. @param {string} tree */
function commitOf(tree) {
  const known = keptRows().find((row) => row.tree === tree)?.commit
  const git = (/** @type {string[]} */ ...argv) => execFileSync('git', argv, { cwd: CHECKOUT, encoding: 'utf8' }).trim()
  const changed = git('status', '--porcelain', '--', 'lib', 'native', 'test', 'scripts')
  return known ?? `${git('rev-parse', '--short=12', 'HEAD')}${changed === '' ? '' : ' and changes'}`
}

await runMain(main, { failed: 2 })
