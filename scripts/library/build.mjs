// npm run build: compiles the library. build/library gets each module by itself, for the scripts of this checkout; dist gets the declarations,
// the bundles that the package ships (bundle.mjs), the JSON Schemas; man the manual pages (../generate.mjs).
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { run } from '../lab/run.mjs'
import { runMain } from '../main.mjs'
import { CHECKOUT } from '../tests/stage.mjs'
import { bundle } from './bundle.mjs'

const MODULES = 'build/library'

/** Starts from nothing, so that no file of an earlier build stays. */
export async function buildLibrary() {
  for (const folder of ['dist', MODULES]) rmSync(join(CHECKOUT, folder), { recursive: true, force: true })
  const words = ['-p', 'tsconfig.json', '--outDir', MODULES, '--declarationDir', 'dist']
  await run(join(CHECKOUT, 'node_modules/.bin/tsc'), words, { cwd: CHECKOUT })
  await bundle(join(CHECKOUT, MODULES, 'lib'), join(CHECKOUT, 'dist/lib'))
  await run(process.execPath, ['scripts/generate.mjs'], { cwd: CHECKOUT })
}

if (process.argv[1] === import.meta.filename)
  await runMain(async () => {
    await buildLibrary()
    return 0
  })
