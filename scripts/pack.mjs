// npm's prepack hook: builds what `npm pack` and `npm publish` take. It starts from nothing, so that no file of an earlier build is packed.
// It prints on standard error, because `npm pack` prints the name of the tarball on standard output.
import { copyFileSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { run } from './lab/run.mjs'
import { runMain } from './main.mjs'
import { makePrebuilds, wantedTargets } from './prebuilds.mjs'
import { CHECKOUT } from './tests/stage.mjs'

/** Headers for those who compile the native part (scripts/build.mjs), and their licences. */
const HEADERS = { 'node-api-headers': 'include', 'node-addon-api': '.' }

function copyHeaders() {
  const place = join(CHECKOUT, 'native/include')
  rmSync(place, { recursive: true, force: true })
  mkdirSync(place, { recursive: true })
  for (const [name, folder] of Object.entries(HEADERS)) {
    const from = join(CHECKOUT, 'node_modules', name, folder)
    for (const file of readdirSync(from).filter((each) => each.endsWith('.h'))) copyFileSync(join(from, file), join(place, file))
    const licence = readdirSync(join(CHECKOUT, 'node_modules', name)).find((each) => /^licen[cs]e/i.test(each))
    if (licence !== undefined) copyFileSync(join(CHECKOUT, 'node_modules', name, licence), join(place, `LICENSE.${name}`))
  }
}

await runMain(async () => {
  rmSync(join(CHECKOUT, 'dist'), { recursive: true, force: true })
  await run(join(CHECKOUT, 'node_modules/.bin/tsc'), ['-p', 'tsconfig.json'], { cwd: CHECKOUT })
  await run(process.execPath, ['scripts/generate.mjs'], { cwd: CHECKOUT })
  console.error('brickwork-storage: the library is built')
  copyHeaders()
  await makePrebuilds(wantedTargets())
  return 0
})
