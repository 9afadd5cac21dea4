// npm run soak: runs the lab's soak of twenty minutes in each distribution, or in one (`-- --distribution trixie`). docs/evidence/soak.md
// holds the last result of each.
//   --short   runs two minutes and writes nothing.
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { readJson, writeJson } from './lab/json.mjs'
import { reportOf } from './lab/soak-document.mjs'
import { keptRuns } from './lab/rows.mjs'
import { runMain } from './main.mjs'
import { CHECKOUT } from './setup.mjs'
import { formatCounts } from './tests/stage.mjs'

/** @typedef {import('./lab/soak-document.mjs').Soak} Soak */

const DISTRIBUTIONS = ['bookworm', 'trixie']

async function main() {
  const { values } = parseArgs({ options: { distribution: { type: 'string' }, short: { type: 'boolean', default: false } } })
  const chosen = values.distribution === undefined ? DISTRIBUTIONS : [values.distribution]
  const name = values.short ? 'soak-short' : 'soak'
  const keep = mkdtempSync(join(tmpdir(), 'brickwork-soak-'))
  /** @type {Soak[]} */
  const played = []
  try {
    for (const distribution of chosen) {
      const exitCode = await play(distribution, name, keep)
      const [outcome] = keptRuns(keep).at(-1)?.real ?? []
      const report = /** @type {Soak['report']} */ (outcome?.noted.find(({ what }) => what === 'report')?.value)
      const day = new Date().toISOString().slice(0, 10)
      played.push({ distribution, ok: exitCode === 0, day, failure: outcome?.failure?.split('\n')[0], report })
      // Written at once: the next soak takes as long again, and may be interrupted.
      if (!values.short) keepLast(played)
    }
  } finally {
    rmSync(keep, { recursive: true, force: true })
  }
  console.log(reportOf(played))
  const passed = played.filter(({ ok }) => ok).length
  console.log(formatCounts({ passed, failed: played.length - passed, skipped: 0 }))
  return passed === played.length ? 0 : 1
}

/** @param {readonly Soak[]} played */
function keepLast(played) {
  const file = join(CHECKOUT, 'docs/evidence/soak.json')
  const before = existsSync(file) ? /** @type {Soak[]} */ (readJson(file)) : []
  const last = DISTRIBUTIONS.flatMap((distribution) =>
    [...before, ...played].filter((each) => each.distribution === distribution).slice(-1),
  )
  writeJson(file, last)
  writeFileSync(join(CHECKOUT, 'docs/evidence/soak.md'), reportOf(last))
}

/** @param {string} distribution @param {string} name @param {string} keep @returns {Promise<number | null>} the exit code */
function play(distribution, name, keep) {
  const args = [join(CHECKOUT, 'scripts/lab-tests.mjs'), '--distribution', distribution, '--keep', keep, name]
  return new Promise((resolve, reject) => {
    spawn(process.execPath, args, { stdio: 'inherit' }).on('error', reject).on('close', resolve)
  })
}

await runMain(main)
