// npm run bench:model -- --against FOLDER: the library's own cost of an attach, in this checkout and in another one, in alternating rounds.
import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseJson } from '../lab/json.mjs'
import { CHECKOUT } from '../setup.mjs'

const ROUNDS = 5
const MOST = 1.1
/** Pairs: volumes attached at once, and how many times. */
const STORMS = /** @type {const} */ ([
  [1, 40],
  [10, 8],
])

/** @param {string} other a checkout with a build in build/lab */
export function compare(other) {
  const rows = STORMS.map(([volumes, times]) => {
    const trees = [join(other, 'build/lab'), join(CHECKOUT, 'build/lab')]
    /** @type {number[][]} */
    const costs = [[], []]
    for (let round = 0; round < ROUNDS; round++)
      for (const [index, built] of trees.entries()) costs[index]?.push(ownMs(built, volumes, times))
    const [before, now] = costs.map(median)
    const ratio = (now ?? NaN) / (before ?? NaN)
    return { id: `own-${volumes}`, before, now, ratio: Math.round(ratio * 100) / 100, target: MOST, ok: ratio <= MOST, costs }
  })
  const report = reportOf(rows)
  mkdirSync(join(CHECKOUT, 'docs/evidence/bench'), { recursive: true })
  writeFileSync(join(CHECKOUT, 'docs/evidence/bench/against.md'), report)
  console.log(`${report}\n${JSON.stringify({ bench: 'model-against', rows })}`)
  return rows.every(({ ok }) => ok) ? 0 : 1
}

/** @param {string} built @param {number} volumes @param {number} times */
function ownMs(built, volumes, times) {
  const script = join(CHECKOUT, 'scripts/bench/own-cost.mjs')
  const output = execFileSync(process.execPath, [script, built, String(volumes), String(times)], { encoding: 'utf8' })
  return /** @type {{ ownMs: number }} */ (parseJson(output)).ownMs
}
/** @param {readonly number[]} values */
function median(values) {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN
}

/** @param {readonly { id: string, before: number | undefined, now: number | undefined, ratio: number, costs: number[][] }[]} rows */
function reportOf(rows) {
  /** @param {number[] | undefined} all */
  const spread = (all = []) => all.map((ms) => ms.toFixed(1)).join(', ')
  const lines = rows.map(
    ({ id, before = NaN, now = NaN, ratio, costs }) =>
      `| ${id.replace('own-', '')} | ${before.toFixed(2)} ms (${spread(costs[0])}) | ${now.toFixed(2)} ms (${spread(costs[1])}) | ${ratio} |`,
  )
  return `# The library's own cost, before and now

Processor time of the library's own code for each volume that is attached over four paths, over the modelled host. ${ROUNDS} rounds, both
trees in turn; medians, and all rounds in brackets. At most ${MOST} times the cost before is asked for.

| volumes at once | before | now | ratio |
| --- | --- | --- | --- |
${lines.join('\n')}
`
}
