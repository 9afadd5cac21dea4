// npm run soak: the lab's soak of twenty minutes in each distribution, or in one (`-- --distribution trixie`), and docs/soak.md of what it came to.
//   --short   of two minutes; nothing is written
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { reportOf } from './lab/soak-document.mjs'
import { keptRuns } from './lab/summary.mjs'
import { CHECKOUT } from './setup.mjs'

const DISTRIBUTIONS = ['bookworm', 'trixie']

async function main() {
  const { values } = parseArgs({ options: { distribution: { type: 'string' }, short: { type: 'boolean', default: false } } })
  const chosen = values.distribution === undefined ? DISTRIBUTIONS : [values.distribution]
  const name = values.short ? 'soak-short' : 'soak'
  const keep = mkdtempSync(join(tmpdir(), 'brickwork-soak-'))
  const played = []
  try {
    for (const distribution of chosen) {
      const exitCode = await play(distribution, name, keep)
      const [outcome] = keptRuns(keep).at(-1)?.real ?? []
      played.push({ distribution, ok: exitCode === 0, outcome })
    }
  } finally {
    rmSync(keep, { recursive: true, force: true })
  }
  if (!values.short && chosen.length === DISTRIBUTIONS.length) writeFileSync(join(CHECKOUT, 'docs/soak.md'), reportOf(played))
  else console.log(reportOf(played))
  return played.every(({ ok }) => ok) ? 0 : 1
}

function play(distribution, name, keep) {
  const args = [join(CHECKOUT, 'scripts/lab-tests.mjs'), '--distribution', distribution, '--keep', keep, name]
  return new Promise((resolve, reject) => {
    spawn(process.execPath, args, { stdio: 'inherit' }).on('error', reject).on('close', resolve)
  })
}

process.exitCode = await main()
