// npm run bench:storm: attach storms in one guest of the lab, os-brick, Brickwork and the bound taking turns (docs/storms.md).
//   ROW…          only these (`S1`); nothing is written, or with --write these in the places of what was measured of them before
//   --pairs N     rounds of each row, instead of its own number
//   --steps       where the time of a first volume went is told after each round
//   --profile P   only the party of this name, its attaches profiled: build/bench/ROW-N.cpuprofile, and a report of them;
//                 with --write that is docs/bench/profiles/ROW.md
import { execFileSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { boot } from '../lab/boot.mjs'
import { withLock } from '../lab/cache.mjs'
import { buildScenarios, CHECKOUT, ensure } from '../setup.mjs'
import { profileReport } from './profile-report.mjs'
import { pageOf } from './storm-page.mjs'
import { reportOf, rowsOf } from './storm-report.mjs'

const LONGEST_MS = 3 * 3600_000
const DOCS = join(CHECKOUT, 'docs/bench')

async function main() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      pairs: { type: 'string' },
      profile: { type: 'string' },
      steps: { type: 'boolean', default: false },
      write: { type: 'boolean', default: false },
    },
  })
  await ensure({ lab: true, quiet: true })
  await buildScenarios()
  mkdirSync(join(CHECKOUT, 'build/bench'), { recursive: true })
  execFileSync('cc', ['-O2', '-static', '-pthread', '-o', 'build/bench/bound', 'test/lab/bench/bound.c'], {
    cwd: CHECKOUT,
    stdio: 'inherit',
  })
  const out = mkdtempSync(join(tmpdir(), 'brickwork-storm-'))
  try {
    const flags = [
      ...(values.pairs === undefined ? [] : ['--pairs', values.pairs]),
      ...(values.profile === undefined ? [] : ['--party', values.profile, '--profile', '/out']),
      ...(values.steps ? ['--steps'] : []),
    ]
    const result = await withLock(
      'lab tests',
      () => play(out, [...flags, ...positionals]),
      () => console.log('Waiting for another run of the lab to finish'),
    )
    if (result.disk) rmSync(result.disk, { force: true })
    if (result.outcome !== 'exited') console.log(`!!! ${result.message}`)
    const { ROWS } = await import(new URL('../../build/lab/test/lab/bench/row.js', import.meta.url).href)
    const on = new Date().toISOString().slice(0, 10)
    const played = JSON.parse(readFileSync(join(out, 'storm.json'), 'utf8')).map((each) => ({ ...each, on }))
    if (values.profile !== undefined) {
      return tellProfiles(out, played, values) ? 0 : 1
    }
    const rows = rowsOf(ROWS, played)
    console.log(`\n${reportOf(ROWS, rows, played)}`)
    if (positionals.length === 0 || values.write) keep(ROWS, played)
    console.log(JSON.stringify({ bench: 'storm', rows }))
    return result.outcome === 'exited' && result.exitCode === 0 ? 0 : 1
  } finally {
    rmSync(out, { recursive: true, force: true })
  }
}

/** @param {string} out folder with the profiles @param {{ profile?: string, write: boolean }} options @returns {boolean} whether there was one of each row */
function tellProfiles(out, played, { profile: party, write }) {
  let all = played.length > 0
  for (const { id, rounds, on } of played) {
    const files = readdirSync(out).filter((name) => name.startsWith(`${id}-`) && name.endsWith('.cpuprofile'))
    if (files.length === 0) {
      console.log(`${id}: no attach of "${party}" was profiled; is there such a party, and did it attach?`)
      all = false
      continue
    }
    for (const name of files) copyFileSync(join(out, name), join(CHECKOUT, 'build/bench', name))
    const profiles = files.map((name) => JSON.parse(readFileSync(join(out, name), 'utf8')))
    const report = profileReport({ id, party, on }, profiles, rounds[party])
    console.log(`\n${report}`)
    if (!write) continue
    mkdirSync(join(DOCS, 'profiles'), { recursive: true })
    writeFileSync(join(DOCS, 'profiles', `${id}.md`), report)
  }
  return all
}

/** Parties take turns within a row, so that rows stand for themselves: those that were not measured this time stay as they are. */
function keep(ROWS, played) {
  mkdirSync(DOCS, { recursive: true })
  const file = join(DOCS, 'storm.json')
  const before = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).measured : []
  const measured = ROWS.flatMap(({ id }) => [played, before].flatMap((each) => each.filter((row) => row.id === id)).slice(0, 1))
  const rows = rowsOf(ROWS, measured)
  writeFileSync(file, `${JSON.stringify({ bench: 'storm', rows, measured }, null, 1)}\n`)
  writeFileSync(join(DOCS, 'storm.md'), reportOf(ROWS, rows, measured))
  writeFileSync(join(DOCS, 'storm.html'), pageOf(ROWS, rows, measured))
}

function play(out, flags) {
  return boot({
    peer: 'os-brick',
    disk: { sizeMb: 256 },
    command: ['node', '/brickwork/build/lab/test/lab/bench/main.js', '--outcomes', '/out/storm.json', ...flags],
    timeoutMs: LONGEST_MS,
    out,
    onLine: (line) => console.log(line),
  })
}

main().then(
  (code) => (process.exitCode = code),
  (error) => {
    console.error(error)
    process.exitCode = 2
  },
)
