// npm run bench:native [-- --sizes 100,1000] [--large] [--no-lsblk] [--no-lab] [--out FILE]: the cost of a topology query and of a look-up,
// compared with plain C and with Node.js's own functions. The last line is the result as JSON. It is kept in
// docs/evidence/bench/native.json, or in FILE; with `--sizes` only in FILE.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, loadavg, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { nativeBenchScope } from '../../evidence/scopes.mjs'
import { treeOf } from '../../evidence/tree.mjs'
import { CHECKOUT, ensure } from '../../setup.mjs'

const here = dirname(fileURLToPath(import.meta.url))
const SIZES = [100, 1000, 10_000]
const LARGE = 50_000
/** Rows that need real disks. */
const LAB = [
  { id: 'G1', what: 'one INQUIRY against C with a second thread' },
  { id: 'R1', what: 'a topology query of a real sysfs, 64 disks' },
]

const { values } = parseArgs({
  options: {
    sizes: { type: 'string' },
    large: { type: 'boolean', default: false },
    out: { type: 'string' },
    'no-lsblk': { type: 'boolean', default: false },
    'no-lab': { type: 'boolean', default: false },
  },
})
await ensure({ quiet: true })
const { measureLookUps, measurePictures } = await import('./measure.mjs')
const { notMeasured } = await import('./ratios.mjs')
const { makeTree } = await import('./tree.mjs')
const { measureUevents } = await import('./uevents.mjs')

const tree = treeOf(CHECKOUT, nativeBenchScope())
const on = new Date().toISOString().slice(0, 10)
const sizes = values.sizes?.split(',').map(Number) ?? [...SIZES, ...(values.large ? [LARGE] : [])]
const base = mkdtempSync(join(process.platform === 'linux' ? '/dev/shm' : tmpdir(), 'brickwork-bench-'))
/** @type {import('./ratios.mjs').Row[]} */
const rows = []
try {
  const reader = join(base, 'read')
  execFileSync('cc', ['-O2', '-o', reader, join(here, 'read.c')])
  /** @type {import('./measure.mjs').Tree[]} */
  const trees = []
  for (const count of sizes) {
    console.log(`making ${count} disks`)
    const root = join(base, String(count))
    trees.push({ count, root, session: makeTree(root, count) })
    for (const each of await measurePictures({ root, count, reader, lsblk: !values['no-lsblk'] })) tell(each)
  }
  for (const each of await measureLookUps(trees)) tell(each)
  for (const each of await measureUevents(base)) tell(each)
} finally {
  rmSync(base, { recursive: true, force: true })
}
if (values['no-lab']) for (const { id, what } of LAB) tell(notMeasured(id, what, '--no-lab'))
else for (const each of await (await import('./lab.mjs')).measureInGuest()) tell(each)

// Ratios of a busy machine are worth less, so the result records the load.
const result = { bench: 'native', on, tree, node: process.version, cpus: cpus().length, load: loadavg()[0], sizes, rows }
const out = values.out ?? (values.sizes === undefined ? join(here, '../../../docs/evidence/bench/native.json') : undefined)
if (out !== undefined) writeFileSync(out, `${JSON.stringify(result, null, 2)}\n`)
console.log(JSON.stringify(result))

/** @param {import('./ratios.mjs').Row} each */
function tell(each) {
  rows.push(each)
  console.log(`${each.ok === null ? '–' : each.ok ? '✔' : '✘'} ${JSON.stringify(each)}`)
}
