// npm run check: run it before each commit; it takes under a minute. It checks format, lint, types and API documentation, and runs the
// tests that need neither root nor a guest. `npm test` runs everything.
import { runMain } from './main.mjs'
import { ensure } from './setup.mjs'
import { formatCounts, perform, single, sum } from './tests/stage.mjs'
import { vitest } from './tests/vitest.mjs'

/** @param {string} name */
const bin = (name) => `node_modules/.bin/${name}`
/** Two lanes for two processors, of about the same length. */
const lanes = [
  [
    { name: 'format', run: () => single(bin('biome'), ['format', '.']) },
    { name: 'import cycles', run: () => single(bin('biome'), ['lint', 'lib', '--max-diagnostics=none']) },
    { name: 'lint', run: () => single(bin('eslint'), ['.']) },
    { name: 'types', run: () => single(bin('tsc'), ['-p', 'tsconfig.test.json']) },
    { name: 'types of scripts', run: () => single(bin('tsc'), ['-p', 'tsconfig.scripts.json']) },
    { name: 'api documentation', run: () => single(bin('typedoc'), []) },
    { name: 'prose', run: () => single(process.execPath, ['scripts/prose.mjs']) },
  ],
  [{ name: 'unit, fake, contract', run: () => vitest('unit', 'fake', 'contract') }],
]

async function main() {
  await ensure({ quiet: true })
  const done = await Promise.all(
    lanes.map(async (lane) => {
      const all = []
      for (const stage of lane) all.push(await perform(stage))
      return all
    }),
  )
  const counts = sum(done.flat())
  console.log(formatCounts(counts))
  return counts.failed === 0 ? 0 : 1
}

await runMain(main)
