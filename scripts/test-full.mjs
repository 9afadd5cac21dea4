// npm run test:full [-- PART…]: runs the long tests, in parts of at most an hour. Without a PART it runs all of them, one after another.
//   PART      a part (`debian-12/crash`), or a word for several: a distribution, a family of scenarios, `long`, `soak`, `simulate`, and others.
//   --again   also runs parts that passed on the same tree.
//   --list    lists the parts and runs none.
// It keeps each result in docs/evidence when its part ends, and goes on after a failed part. The last line is
// `N passed, N failed, N skipped`; a skipped part counts as one.
import { parseArgs } from 'node:util'
import { allParts } from './evidence/all.mjs'
import { choose } from './evidence/choose.mjs'
import { writePages } from './evidence/pages.mjs'
import { readResult, writeResult } from './evidence/results.mjs'
import { runPart } from './evidence/run-part.mjs'
import { hasPassed, skipLine } from './evidence/status.mjs'
import { treeOf } from './evidence/tree.mjs'
import { runMain } from './main.mjs'
import { CHECKOUT } from './setup.mjs'
import { formatCounts, sum } from './tests/stage.mjs'

/** @typedef {import('./evidence/parts.mjs').Part} Part */

async function main() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { again: { type: 'boolean', default: false }, list: { type: 'boolean', default: false } },
  })
  const all = await allParts()
  const chosen = choose(all, positionals)
  if (values.list) {
    for (const { name } of chosen) console.log(name)
    return 0
  }
  /** @type {{ line: string, counts: import('./tests/stage.mjs').Counts }[]} */
  const done = []
  for (const part of chosen) done.push(await perform(part, all, values.again))
  if (done.length > 1) console.log(`\n${done.map(({ line }) => line).join('\n')}`)
  const counts = sum(done.map((each) => each.counts))
  console.log(formatCounts(counts))
  return counts.failed === 0 ? 0 : 1
}

/** @param {Part} part @param {readonly Part[]} all @param {boolean} again */
async function perform(part, all, again) {
  const tree = treeOf(CHECKOUT, part.scope)
  const last = readResult(CHECKOUT, part.name)
  if (!again && hasPassed(last, tree)) {
    const line = skipLine(part.name, last)
    console.log(line)
    return { line, counts: { passed: 0, failed: 0, skipped: 1 } }
  }
  console.log(`\nPart ${part.name}: ${part.argv.join(' ')}`)
  const result = await runPart(part, tree)
  writeResult(CHECKOUT, result)
  writePages(CHECKOUT, all)
  const line = `${result.failed === 0 ? '✔' : '✘'} ${part.name}: ${formatCounts(result)} (${result.minutes ?? 0} min)`
  console.log(line)
  for (const failure of result.failures ?? []) console.log(`    ${failure}`)
  return { line, counts: result }
}

await runMain(main, { failed: 2 })
