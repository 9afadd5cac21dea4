// npm run differential: plays the same situations with os-brick and Brickwork in one guest, and prints the differences. When every
// situation ended as declared, it writes docs/evidence/differential.md and os-brick's results. `npm run check` compares Brickwork over
// FakeHost with those results. The last line is `N passed, N failed, N skipped`.
//   SITUATION…      only these (`four-paths`); writes nothing.
//   --group NAME    only those of one file of test/differential/situations; writes nothing.
//   --from FOLDER   uses kept runs (`npm run test:lab -- --keep FOLDER …`) instead of a new one, with today's declarations.
import { spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { builtTests } from './built.mjs'
import { documentOf, recordedOf, tableOf } from './lab/differential-document.mjs'
import { readOutcomes } from './lab/results.mjs'
import { ensureRoot, packageVersions } from './lab/root.mjs'
import { LabError } from './lab/run.mjs'
import { runMain } from './main.mjs'
import { CHECKOUT, ensure } from './setup.mjs'
import { formatCounts } from './tests/stage.mjs'

/** @typedef {import('./lab/differential-document.mjs').Row} Row */
/** @typedef {import('../test/differential/situation.js').Situation} Situation */

const PREFIX = 'differential-'
/** Packages of the guest's root. */
const PROGRAMS = ['python3-os-brick', 'open-iscsi', 'multipath-tools']

async function main() {
  const { values, positionals } = parseArgs({ allowPositionals: true, options: { from: { type: 'string' }, group: { type: 'string' } } })
  await ensure({ lab: true, quiet: true })
  const { groups, situations } = /** @type {typeof import('../test/differential/situations/index.js')} */ (
    await builtTests('differential/situations/index.js')
  )
  const inGroup = values.group === undefined ? situations : groups.get(values.group)
  if (inGroup === undefined) throw new LabError('USAGE', `Unknown group ${values.group ?? ''}. Groups: ${[...groups.keys()].join(', ')}`)
  const chosen = inGroup.filter(({ name }) => positionals.length === 0 || positionals.includes(name))
  const keep = values.from ?? mkdtempSync(join(tmpdir(), 'brickwork-differential-'))
  try {
    if (values.from === undefined) await play(chosen, keep)
    const all = await compared(chosen, keep)
    const rows = all.flatMap(({ row }) => row ?? [])
    const missing = all.flatMap(({ name, row }) => (row === undefined ? [name] : []))
    console.log(`\n${tableOf(rows)}`)
    if (missing.length > 0) console.log(`Not run: ${missing.join(', ')}`)
    const passed = rows.filter(({ problems }) => problems.length === 0).length
    const failed = rows.length - passed + (values.from === undefined ? missing.length : 0)
    if (failed === 0 && chosen.length === situations.length) {
      writeFileSync(join(CHECKOUT, 'test/differential/recorded.json'), recordedOf(rows))
      writeFileSync(join(CHECKOUT, 'docs/evidence/differential.md'), documentOf(rows, await versions(), missing))
    }
    console.log(formatCounts({ passed, failed, skipped: chosen.length - passed - failed }))
    return failed === 0 ? 0 : 1
  } finally {
    if (values.from === undefined) rmSync(keep, { recursive: true, force: true })
  }
}

/** Failures are in the outcomes, not in the exit code. @param {readonly Situation[]} situations @param {string} keep */
function play(situations, keep) {
  const names = situations.map(({ name }) => `${PREFIX}${name}`)
  const child = spawn(process.execPath, [join(CHECKOUT, 'scripts/lab-tests.mjs'), '--keep', keep, ...names], { stdio: 'inherit' })
  return new Promise((resolve, reject) => {
    child.on('error', reject).on('close', resolve)
  })
}

/**
 * @param {readonly Situation[]} situations @param {string} keep
 * @returns {Promise<{ readonly name: string, readonly row?: Row }[]>} without a row: the situation was not played
 */
async function compared(situations, keep) {
  const { compare } = /** @type {typeof import('../test/differential/compare.js')} */ (await builtTests('differential/compare.js'))
  const runs = readdirSync(keep).sort((a, b) => statSync(join(keep, a)).mtimeMs - statSync(join(keep, b)).mtimeMs)
  const played = runs.flatMap((run) => readOutcomes(join(keep, run, 'os-brick.json')))
  return situations.map(({ name, title, differs = {} }) => {
    const outcome = played.findLast((each) => each.name === `${PREFIX}${name}`) // the last of several runs
    const noted = outcome?.noted.find(({ what }) => what === 'differential')
    if (noted === undefined) return { name }
    const both = /** @type {Row['both']} */ (noted.value)
    return { name, row: { name, title, both, ...compare(...both, differs) } }
  })
}

async function versions() {
  return `Debian 12 with ${packageVersions(await ensureRoot('bookworm', 'os-brick'), PROGRAMS).join(', ')}`
}

await runMain(main)
