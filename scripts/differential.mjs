// npm run differential: os-brick and Brickwork in the same situations, in one guest. Prints what differs, and when every situation came out as
// declared writes docs/differential.md and what os-brick came to, with which `npm run check` compares Brickwork over FakeHost.
//   SITUATION…      only these (`four-paths`); nothing is written
//   --from FOLDER   of runs that were kept (`npm run test:lab -- --keep FOLDER …`), instead of a new one: compared by today's declarations
import { spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { documentOf, recordedOf, tableOf } from './lab/differential-document.mjs'
import { readOutcomes } from './lab/results.mjs'
import { ensureRoot, packageVersions } from './lab/root.mjs'
import { CHECKOUT, ensure } from './setup.mjs'

const PREFIX = 'differential-'
/** What the guest's root has. */
const PROGRAMS = ['python3-os-brick', 'open-iscsi', 'multipath-tools']

async function main() {
  const { values, positionals } = parseArgs({ allowPositionals: true, options: { from: { type: 'string' } } })
  await ensure({ lab: true, quiet: true })
  const { situations } = await built('situations/index.js')
  const chosen = situations.filter(({ name }) => positionals.length === 0 || positionals.includes(name))
  const keep = values.from ?? mkdtempSync(join(tmpdir(), 'brickwork-differential-'))
  try {
    if (values.from === undefined) await play(chosen, keep)
    const all = await compared(chosen, keep)
    const rows = all.filter(({ both }) => both !== undefined)
    const missing = all.filter(({ both }) => both === undefined).map(({ name }) => name)
    console.log(`\n${tableOf(rows)}`)
    if (missing.length > 0) console.log(`Not played: ${missing.join(', ')}`)
    if (missing.length > 0 && values.from === undefined) return 1
    if (rows.some(({ problems }) => problems.length > 0)) return 1
    if (positionals.length > 0) return 0
    writeFileSync(join(CHECKOUT, 'test/lab/os-brick/recorded.json'), recordedOf(rows))
    writeFileSync(join(CHECKOUT, 'docs/differential.md'), documentOf(rows, await versions(), missing))
    return 0
  } finally {
    if (values.from === undefined) rmSync(keep, { recursive: true, force: true })
  }
}

/** What fails is told by the outcomes. */
function play(situations, keep) {
  const names = situations.map(({ name }) => `${PREFIX}${name}`)
  const child = spawn(process.execPath, [join(CHECKOUT, 'scripts/lab-tests.mjs'), '--keep', keep, ...names], { stdio: 'inherit' })
  return new Promise((resolve, reject) => child.on('error', reject).on('close', resolve))
}

/** @returns {Promise<import('./lab/differential-document.mjs').Row[]>} */
async function compared(situations, keep) {
  const { compare } = await built('compare.js')
  const runs = readdirSync(keep).sort((a, b) => statSync(join(keep, a)).mtimeMs - statSync(join(keep, b)).mtimeMs)
  const played = runs.flatMap((run) => readOutcomes(join(keep, run, 'os-brick.json')))
  return situations.map(({ name, title, differs = {} }) => {
    const outcome = played.findLast((each) => each.name === `${PREFIX}${name}`) // of several runs the last one
    const both = outcome?.noted.find(({ what }) => what === 'differential')?.value
    if (both === undefined) return { name, title, differences: [], problems: [] }
    return { name, title, both, ...compare(both[0], both[1], differs) }
  })
}
const built = (file) => import(new URL(`../build/lab/test/lab/differential/${file}`, import.meta.url).href)

async function versions() {
  return `Debian 12 with ${packageVersions(await ensureRoot('bookworm', 'os-brick'), PROGRAMS).join(', ')}`
}

process.exitCode = await main()
