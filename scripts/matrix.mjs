// npm run test:matrix: packs the library with its prebuilds, installs it into an empty folder for each cell, and runs a program there that
// attaches over FakeHost, loads the addon and starts the helper. The first run builds the prebuilds, which takes long. The last line is
// `N passed, N failed, N skipped`. `-- NAME…` runs some cells, `--list` lists them, `--tarball FILE` plays a tarball that was packed already,
// `--write` writes docs/evidence/installing.md.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { duration, LabError, messageOf, run } from './lab/run.mjs'
import { runMain } from './main.mjs'
import { Skip } from './matrix/fetch.mjs'
import { INSTALLS } from './matrix/installs.mjs'
import { page } from './matrix/page.mjs'
import { CLEAN, inProject } from './matrix/project.mjs'
import { RUNTIMES } from './matrix/runtimes.mjs'
import { prebuilt } from './prebuilds/build.mjs'
import { complaints, needsOf } from './prebuilds/elf.mjs'
import { filesOf, GLIBC, TARGETS } from './prebuilds/targets.mjs'
import { CHECKOUT, formatCounts, sum } from './tests/stage.mjs'

/** @typedef {import('./matrix/runtimes.mjs').Cell} Cell */
/** @typedef {import('./prebuilds/targets.mjs').Target} Target */
/** @typedef {{ readonly cell: Cell, readonly outcome: 'passed' | 'failed' | 'skipped', readonly why: string, readonly ms: number }} Result */

/** What a prebuild needs, by its own headers. @param {Target} target @returns {Cell} */
const inspected = (target) => ({
  name: `needs-${target.name}`,
  what: `the files need ${target.libc === 'glibc' ? `glibc ${GLIBC} at most` : "musl's libc.so or nothing"}, and no C++ library (readelf)`,
  run: async () => {
    const folder = await prebuilt(target)
    for (const file of Object.values(filesOf(target))) {
      const wrong = complaints(await needsOf(join(folder, file)), target)
      if (wrong.length > 0) throw new Error(`${file} ${wrong.join('; ')}`)
    }
  },
})
const CELLS = [...TARGETS.map(inspected), ...RUNTIMES, ...INSTALLS]

/** @param {Cell} cell @param {string} tarball @returns {Promise<Result>} */
async function play(cell, tarball) {
  const started = performance.now()
  const ended = await inProject(tarball, (project) => cell.run(project)).then(asPassed, asNotPassed)
  const result = { cell, ...ended, ms: performance.now() - started }
  const mark = { passed: '✔', failed: '✘', skipped: '-' }[result.outcome]
  console.log(`${mark} ${cell.name}: ${cell.what}${result.why && `: ${result.outcome}: ${result.why}`} (${duration(result.ms)})`)
  return result
}

/** @returns {Pick<Result, 'outcome' | 'why'>} */
const asPassed = () => ({ outcome: 'passed', why: '' })
/** @param {unknown} error @returns {Pick<Result, 'outcome' | 'why'>} */
const asNotPassed = (error) => ({ outcome: error instanceof Skip ? 'skipped' : 'failed', why: messageOf(error) })

/** @param {readonly string[]} names */
function chosen(names) {
  const unknown = names.filter((name) => CELLS.every((cell) => cell.name !== name))
  if (unknown.length > 0) throw new LabError('USAGE', `No such cell: ${unknown.join(' ')}. \`--list\` lists them.`)
  return names.length === 0 ? CELLS : CELLS.filter(({ name }) => names.includes(name))
}

/** @param {string} folder */
async function packed(folder) {
  const printed = await run('npm', ['pack', '--pack-destination', folder], { cwd: CHECKOUT, env: { ...CLEAN, BRICKWORK_PREBUILDS: '' } })
  return join(folder, printed.trim().split('\n').at(-1) ?? '')
}

await runMain(
  async () => {
    const options = /** @type {const} */ ({ list: { type: 'boolean' }, write: { type: 'boolean' }, tarball: { type: 'string' } })
    const { values, positionals } = parseArgs({ options, allowPositionals: true })
    const cells = chosen(positionals)
    if (values.list === true) {
      for (const { name, what } of cells) console.log(`${name.padEnd(24)}${what}`)
      return 0
    }
    const folder = mkdtempSync(join(tmpdir(), 'brickwork-matrix-pack-'))
    try {
      const tarball = values.tarball === undefined ? await packed(folder) : resolve(values.tarball)
      /** @type {Result[]} */
      const results = []
      for (const cell of cells) results.push(await play(cell, tarball))
      if (values.write === true && cells === CELLS) writeFileSync(join(CHECKOUT, 'docs/evidence/installing.md'), page(results))
      const counts = sum(results.map(({ outcome }) => ({ passed: 0, failed: 0, skipped: 0, [outcome]: 1 })))
      console.log(formatCounts(counts))
      return counts.failed === 0 ? 0 : 1
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  },
  { onError: () => console.log(formatCounts({ passed: 0, failed: 1, skipped: 0 })) },
)
