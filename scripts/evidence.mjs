// npm run evidence [-- PART…]: lists recorded results that are older than their code, parts without a result, and parts that did not pass,
// one a line. The exit code is 1 if there are any.
//   PART      only these, by the words of `npm run test:full`; `bench` selects the benches.
//   --write   writes the pages of docs/evidence from the results.
import { parseArgs } from 'node:util'
import { allParts } from './evidence/all.mjs'
import { benches } from './evidence/benches.mjs'
import { choose } from './evidence/choose.mjs'
import { writePages } from './evidence/pages.mjs'
import { readResult } from './evidence/results.mjs'
import { complaintOf } from './evidence/status.mjs'
import { treeOf } from './evidence/tree.mjs'
import { runMain } from './main.mjs'
import { CHECKOUT } from './setup.mjs'

async function main() {
  const { values, positionals } = parseArgs({ allowPositionals: true, options: { write: { type: 'boolean', default: false } } })
  const parts = await allParts()
  if (values.write) writePages(CHECKOUT, parts)
  const recorded = [...parts.map((part) => ({ ...part, last: readResult(CHECKOUT, part.name) })), ...(await benches(CHECKOUT))]
  const chosen = choose(recorded, positionals)
  const complaints = chosen.flatMap(({ name, last, scope }) => complaintOf(name, last, treeOf(CHECKOUT, scope)) ?? [])
  for (const complaint of complaints) console.log(complaint)
  if (complaints.length === 0) console.log(`${chosen.length} results, all of this code`)
  return complaints.length === 0 ? 0 : 1
}

await runMain(main, { failed: 2 })
