// npm's prepack hook: builds what `npm pack` and `npm publish` take. It starts from nothing, so that no file of an earlier build is packed.
// It prints on standard error, because `npm pack` prints the name of the tarball on standard output.
import { buildLibrary } from './library/build.mjs'
import { runMain } from './main.mjs'
import { makePrebuilds, wantedTargets } from './prebuilds.mjs'

await runMain(async () => {
  await buildLibrary()
  console.error('brickwork-storage: the library is built')
  await makePrebuilds(wantedTargets())
  return 0
})
