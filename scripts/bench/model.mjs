// npm run bench:model: the library's own cost, over a modelled host with the delays of a real array (docs/evidence/performance.md).
//   --against FOLDER   compares the library's own cost with that of another checkout, whose build/lab is built (docs/evidence/bench/against.md).
//   --clock instructions   in the lab's guest, in instructions; storms of at most N volumes (10). Writes model-clock.md.
//   --most N   storms of at most N volumes (100); a smaller N writes nothing. A thousand volumes take many minutes on the fake host.
import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { modelScope } from '../evidence/scopes.mjs'
import { treeOf } from '../evidence/tree.mjs'
import { parseJson, writeJson } from '../lab/json.mjs'
import { runMain } from '../main.mjs'
import { compare } from './against.mjs'
import { onTheClock } from './model-clock.mjs'
import { buildScenarios, CHECKOUT, ensure } from '../setup.mjs'

const ALL = 100
/** The targets. */
const MOST = { path: 1.05, growth: 1.2, bytes: 10 * 1024 }

async function main() {
  const { values } = parseArgs({
    options: { most: { type: 'string' }, against: { type: 'string' }, clock: { type: 'string' } },
  })
  await ensure({ quiet: true })
  await buildScenarios()
  if (values.against !== undefined) return compare(values.against)
  if (values.clock !== undefined && values.clock !== 'instructions') throw new Error(`There is no clock ${values.clock}`)
  if (values.clock !== undefined) return await onTheClock(values.most ?? '10')
  const most = values.most ?? String(ALL)
  const tree = treeOf(CHECKOUT, modelScope())
  const args = ['--expose-gc', join(CHECKOUT, 'build/lab/test/bench/model/main.js'), '--most', most]
  const { status, stdout } = spawnSync(process.execPath, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] })
  process.stdout.write(stdout)
  if (status !== 0) return 2
  const measured = /** @type {Measured} */ (parseJson(stdout.trim().split('\n').at(-1) ?? ''))
  const rows = rowsOf(measured)
  const report = reportOf(measured, rows)
  console.log(`\n${report}`)
  if (Number(most) >= ALL) {
    mkdirSync(join(CHECKOUT, 'docs/evidence/bench'), { recursive: true })
    writeJson(join(CHECKOUT, 'docs/evidence/bench/model.json'), {
      bench: 'model',
      on: new Date().toISOString().slice(0, 10),
      tree,
      rows,
      measured,
    })
    writeFileSync(join(CHECKOUT, 'docs/evidence/bench/model.md'), report)
  }
  console.log(JSON.stringify({ bench: 'model', rows }))
  return 0
}

/**
 * @typedef {object} Measured the output of test/bench/model/main.ts
 * @property {number} attachMs @property {number} leastMs
 * @property {Record<string, number>} own by number of volumes
 * @property {number} bytes
 * @property {{ sessions: number, disksOfEach: number, without: number, beside: number }} others
 * @property {Record<'volumes' | 'portals' | 'probes' | 'logins' | 'scans' | 'inquiries', number>} array
 */
/** @typedef {{ id: string, ratio: number, target: number, ok: boolean }} Row */

/** The library's own time for each volume: attached alone, and in storms of several sizes. @param {Measured} measured */
function ownOf({ own }) {
  const [one = NaN, ...more] = Object.values(own)
  return {
    one,
    more: Object.keys(own)
      .slice(1)
      .map((volumes, index) => ({ volumes, ms: more[index] ?? NaN })),
  }
}

/** @param {Measured} measured @returns {Row[]} */
function rowsOf(measured) {
  const { attachMs, leastMs, bytes, others } = measured
  const { one, more } = ownOf(measured)
  return [
    { id: 'critical-path', ratio: attachMs / leastMs, target: MOST.path },
    ...more.map(({ volumes, ms }) => ({ id: `growth-${volumes}`, ratio: ms / one, target: MOST.growth })),
    { id: 'beside-others', ratio: others.beside / others.without, target: MOST.growth },
    { id: 'bytes-per-attachment', ratio: bytes, target: MOST.bytes },
  ].map((row) => ({ ...row, ratio: Math.round(row.ratio * 100) / 100, ok: row.ratio <= row.target }))
}

/** @param {Measured} measured @param {readonly Row[]} rows */
function reportOf(measured, rows) {
  const { attachMs, leastMs, bytes, others, array } = measured
  /** @param {string} id */
  const ok = (id) => (rows.find((row) => row.id === id)?.ok ? 'yes' : 'no')
  const { one, more } = ownOf(measured)
  /** @param {number} count */
  const hosts = (count) => (count * 1000).toLocaleString('en')
  return `# The modelled host

Written by \`npm run bench:model\`: over FakeHost with the delays of a real array (a login 25 ms, a scan 8 ms, udev and multipathd 60 ms each).

- The critical path is virtual time, against an attach by hand that verifies and records nothing.
- Own code is what a sampling profiler finds in \`lib/\`, without the fake machine.
- Memory is what the heap loses when the attacher is closed.

| | measured | asked for | reached |
| --- | --- | --- | --- |
| 1 volume over 4 paths ÷ the critical path | ${(attachMs / leastMs).toFixed(2)} (${attachMs} ms ÷ ${leastMs} ms) | ≤ ${MOST.path} | ${ok('critical-path')} |
${more
  .map(
    ({ volumes, ms }) =>
      `| own code for each of ${volumes} volumes at once ÷ for one alone | ${(ms / one).toFixed(2)} (${ms.toFixed(1)} ms ÷ ${one.toFixed(1)} ms) | ≤ ${MOST.growth} | ${ok(`growth-${volumes}`)} |`,
  )
  .join('\n')}
| own code for one volume beside ${others.sessions} sessions and ${others.sessions * others.disksOfEach} disks of other programs ÷ on an empty machine | ${(others.beside / others.without).toFixed(2)} (${others.beside.toFixed(1)} ms ÷ ${others.without.toFixed(1)} ms) | ≤ ${MOST.growth} | ${ok('beside-others')} |
| memory for each attachment | ${(bytes / 1024).toFixed(1)} KiB | ≤ ${MOST.bytes / 1024} KiB | ${ok('bytes-per-attachment')} |

## What an array sees

Of ${array.volumes} volumes of one target that are attached at once over ${array.portals} portals, and of a thousand hosts that do so at the same time:

| | one host | 1,000 hosts |
| --- | --- | --- |
| TCP probes | ${array.probes} | ${hosts(array.probes)} |
| logins | ${array.logins} | ${hosts(array.logins)} |
| scans of one LUN (REPORT LUNS or INQUIRY by the kernel) | ${array.scans} | ${hosts(array.scans)} |
| SCSI commands of our own (a read of 4 KiB for each path) | ${array.inquiries} | ${hosts(array.inquiries)} |

Volumes of one target share a host's probe and login, however many they are.
`
}

await runMain(main, { failed: 2 })
