// npm's prepack hook: builds what `npm pack` and `npm publish` take. It starts from nothing, so that no file of an earlier build is packed.
// It prints on standard error, because `npm pack` prints the name of the tarball on standard output.
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { run } from './lab/run.mjs'
import { runMain } from './main.mjs'
import { makePrebuilds, wantedTargets } from './prebuilds.mjs'
import { CHECKOUT } from './tests/stage.mjs'

await runMain(async () => {
  rmSync(join(CHECKOUT, 'dist'), { recursive: true, force: true })
  await run(join(CHECKOUT, 'node_modules/.bin/tsc'), ['-p', 'tsconfig.json'], { cwd: CHECKOUT })
  await run(process.execPath, ['scripts/generate.mjs'], { cwd: CHECKOUT })
  console.error('brickwork-storage: the library is built')
  await makePrebuilds(wantedTargets())
  return 0
})
