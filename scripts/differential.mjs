// npm run differential: os-brick and Brickwork in the same situations, in one guest. Prints what differs, and when every situation came out as
// declared writes docs/differential.md and what os-brick came to, with which `npm run check` compares Brickwork over FakeHost.
//   SITUATION…      only these (`four-paths`); nothing is written
//   --from FOLDER   of a run that was kept (`npm run test:full -- --keep FOLDER`), instead of a new one
import { spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { documentOf, PREFIX, recordedOf, tableOf } from './lab/differential-document.mjs'
import { readOutcomes } from './lab/results.mjs'
import { ensureRoot } from './lab/root.mjs'
import { CHECKOUT, ensure } from './setup.mjs'

/** What the guest's root has. */
const PROGRAMS = ['python3-os-brick', 'open-iscsi', 'multipath-tools']

async function main() {
  const { values, positionals } = parseArgs({ allowPositionals: true, options: { from: { type: 'string' } } })
  await ensure({ lab: true, quiet: true })
  const { scenarios } = await import(new URL('../build/lab/test/lab/scenarios/index.js', import.meta.url).href)
  const all = scenarios.flatMap(({ name }) => (name.startsWith(PREFIX) ? [name] : []))
  const keep = values.from ?? mkdtempSync(join(tmpdir(), 'brickwork-differential-'))
  try {
    if (values.from === undefined) await play(positionals.length === 0 ? all : positionals.map((name) => `${PREFIX}${name}`), keep)
    const runs = readdirSync(keep).sort((a, b) => statSync(join(keep, a)).mtimeMs - statSync(join(keep, b)).mtimeMs)
    const played = runs.flatMap((run) => readOutcomes(join(keep, run, 'os-brick.json')))
    // Of several runs the last one of each counts.
    const outcomes = all.flatMap((name) => played.filter((each) => each.name === name).slice(-1))
    console.log(`\n${tableOf(outcomes)}`)
    if (outcomes.some(({ ok }) => !ok)) return 1
    if (positionals.length > 0) return 0
    const missing = all.filter((name) => !outcomes.some((each) => each.name === name))
    if (missing.length > 0) throw new Error(`Not played: ${missing.join(', ')}`)
    writeFileSync(join(CHECKOUT, 'test/lab/os-brick/recorded.json'), recordedOf(outcomes))
    writeFileSync(join(CHECKOUT, 'docs/differential.md'), documentOf(outcomes, await versions()))
    return 0
  } finally {
    if (values.from === undefined) rmSync(keep, { recursive: true, force: true })
  }
}

/** What fails is told by the outcomes. */
function play(names, keep) {
  const child = spawn(process.execPath, [join(CHECKOUT, 'scripts/lab-tests.mjs'), '--keep', keep, ...names], { stdio: 'inherit' })
  return new Promise((resolve, reject) => child.on('error', reject).on('close', resolve))
}
async function versions() {
  const packages = readFileSync(join(await ensureRoot('bookworm', 'os-brick'), 'var/lib/dpkg/status'), 'utf8').split('\n\n')
  const version = (name) => /^Version: (.*)$/m.exec(packages.find((each) => each.startsWith(`Package: ${name}\n`)) ?? '')?.[1]
  return `Debian 12 with ${PROGRAMS.map((name) => `${name} ${version(name)}`).join(', ')}`
}

process.exitCode = await main()
