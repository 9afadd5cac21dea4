// npm run bench:model -- --clock instructions: the library's own code and its import in millions of instructions, in the lab's guest on the
// instruction clock (scripts/lab/README.md).
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { modelClockScope } from '../evidence/scopes.mjs'
import { treeOf } from '../evidence/tree.mjs'
import { boot } from '../lab/boot.mjs'
import { withLock } from '../lab/cache.mjs'
import { parseJson, writeJson } from '../lab/json.mjs'
import { CHECKOUT, ensure } from '../setup.mjs'

const LONGEST_MS = 20 * 60_000
const BUILT = '/brickwork/build/lab/test/bench/model'
const IMPORTS = 3
/** The targets, in millions of instructions, and of the growth. */
const MOST = { import: 80, own: 4, growth: 1.2 }

/** @typedef {{ own: Record<string, number> }} Measured */
/** @typedef {{ id: string, value: number, target: number, ok: boolean }} Row */

/** @param {string} most volumes at once */
export async function onTheClock(most) {
  await ensure({ lab: true, quiet: true })
  const tree = treeOf(CHECKOUT, modelClockScope())
  const imports = `for round in $(seq ${IMPORTS}); do node ${BUILT}/import.js /brickwork/dist/lib/index.js; done`
  /** @type {string[]} */
  const lines = []
  const result = await withLock(
    'lab tests',
    () =>
      boot({
        clock: 'instructions',
        command: ['sh', '-ec', `${imports}; node --expose-gc ${BUILT}/main.js --brief --most ${most}`],
        timeoutMs: LONGEST_MS,
        onLine: (line) => {
          console.log(line)
          lines.push(line)
        },
      }),
    () => console.log('Waiting for another run of the lab to finish'),
  )
  if (result.outcome !== 'exited' || result.exitCode !== 0) {
    console.log(`!!! the guest ended with ${result.exitCode}: ${result.message}`)
    return 2
  }
  const answers = lines.filter((line) => line.startsWith('{')).map((line) => parseJson(line))
  const imported = answers.slice(0, IMPORTS).map((each) => /** @type {{ importMs: number }} */ (each).importMs)
  const rows = rowsOf(/** @type {Measured} */ (answers.at(-1)), imported)
  const report = reportOf(rows)
  console.log(`\n${report}`)
  const folder = join(CHECKOUT, 'docs/evidence/bench')
  mkdirSync(folder, { recursive: true })
  writeJson(join(folder, 'model-clock.json'), { bench: 'model-clock', on: new Date().toISOString().slice(0, 10), tree, rows })
  writeFileSync(join(folder, 'model-clock.md'), report)
  console.log(JSON.stringify({ bench: 'model-clock', rows }))
  return 0
}

/** @param {Measured} measured @param {readonly number[]} imported @returns {Row[]} */
function rowsOf({ own }, imported) {
  const [one = NaN] = Object.values(own)
  const more = Object.entries(own).slice(1)
  return [
    { id: 'import', value: Math.min(...imported), target: MOST.import },
    ...Object.entries(own).map(([volumes, ms]) => ({ id: `own-${volumes}`, value: ms, target: MOST.own })),
    ...more.map(([volumes, ms]) => ({ id: `growth-${volumes}`, value: ms / one, target: MOST.growth })),
  ].map((row) => ({ ...row, value: Math.round(row.value * 100) / 100, ok: row.value <= row.target }))
}

/** @param {readonly Row[]} rows */
function reportOf(rows) {
  /** @param {string} id */
  const what = (id) => {
    const [kind, volumes = ''] = id.split('-')
    if (kind === 'import') return 'import of the package by a new process, million instructions'
    if (kind === 'own') return `own code for each of ${volumes} volumes at once, million instructions`
    return `own code for each of ${volumes} volumes at once ÷ for one alone`
  }
  return `# The modelled host on the instruction clock

Written by \`npm run bench:model -- --clock instructions\`, in the lab's guest ([scripts/lab/README.md](../../../scripts/lab/README.md)).

- The import is of all threads, the least of ${IMPORTS} new processes, without the start of Node.js.
- Own code is what a sampling profiler finds in \`lib/\` on the main thread, without the fake machine.

| | measured | asked for | reached |
| --- | --- | --- | --- |
${rows.map(({ id, value, target, ok }) => `| ${what(id)} | ${value} | ≤ ${target} | ${ok ? 'yes' : 'no'} |`).join('\n')}
`
}
