// Builds one target into the cache: prebuildify runs node-gyp with the cross compiler. What was built from the same sources is there already.
import { createHash } from 'node:crypto'
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runTool } from '../build-native.mjs'
import { install, nodedir } from '../build.mjs'
import { artefact, cacheDir, hashOf } from '../lab/cache.mjs'
import { readJson } from '../lab/json.mjs'
import { LabError } from '../lab/run.mjs'
import { CHECKOUT } from '../tests/stage.mjs'
import { complaints, needsOf } from './elf.mjs'
import { filesOf, folderOf } from './targets.mjs'
import { TOOLCHAIN, toolchain } from './toolchain.mjs'

/** @typedef {import('./targets.mjs').Target} Target */

/** The linker strips both files: the `strip` of this machine, which `prebuildify --strip` runs, does not know other machines. */
const FLAGS = { LDFLAGS: '-s' }
const PARTS = ['core', 'glue', 'helper']
const SINGLE = ['addon.cc', 'addon.map', 'brickwork.gypi', 'core.cc', 'glue.cc']

/** Builds the target unless it is in the cache. @param {Target} target @returns {Promise<string>} its folder */
export function prebuilt(target) {
  return artefact(kindOf(target), inputsOf(target), async (folder) => {
    const { zig, env } = await toolchain()
    // node-gyp empties the folder build where it runs.
    const copy = mkdtempSync(join(tmpdir(), 'brickwork-prebuild-'))
    try {
      for (const name of ['binding.gyp', 'package.json', 'native']) cpSync(join(CHECKOUT, name), join(copy, name), { recursive: true })
      symlinkSync(join(CHECKOUT, 'node_modules'), join(copy, 'node_modules'))
      prebuildify(target, copy, { ...env, ...compilers(zig, target) })
      const { addon, helper } = filesOf(target)
      install(join(copy, 'prebuilds', folderOf(target), addon), join(folder, addon))
      install(join(copy, 'build/Release/brickwork-helper'), join(folder, helper))
    } finally {
      rmSync(copy, { recursive: true, force: true })
    }
    for (const file of Object.values(filesOf(target))) {
      const wrong = complaints(await needsOf(join(folder, file)), target)
      if (wrong.length > 0) throw new LabError('UNFIT', `${file} of ${target.name} ${wrong.join('; ')}`)
    }
  })
}

/** @param {Target} target @param {string} cwd @param {Record<string, string>} env */
function prebuildify({ arch, libc }, cwd, env) {
  const headers = nodedir()
  const more = { PREBUILD_LIBC: libc, ...(headers === undefined ? {} : { npm_config_nodedir: headers }) }
  runTool('prebuildify', ['--napi', '--tag-libc', '--arch', arch], { cwd, env: { ...env, ...more } })
}

/** What gyp takes for its target's tools. @param {string} zig @param {Target} target @returns {Record<string, string>} */
const compilers = (zig, { triple }) => ({
  CC: `${zig} cc -target ${triple}`,
  CXX: `${zig} c++ -target ${triple}`,
  AR: `${zig} ar`,
  ...FLAGS,
})

/** The folder of the target in the cache, or `undefined` if it was not built yet. @param {Target} target */
export function cached(target) {
  const folder = join(cacheDir(), `${kindOf(target)}-${hashOf(inputsOf(target))}`)
  return existsSync(folder) ? folder : undefined
}

/** @param {Target} target */
const kindOf = ({ name }) => `native-${name}`

/** All that the files of a target are made from. @param {Target} target */
function inputsOf(target) {
  const native = join(CHECKOUT, 'native')
  const below = PARTS.flatMap((part) => readdirSync(join(native, part)).map((name) => join(part, name)))
  const files = ['../binding.gyp', ...SINGLE, ...below].sort()
  const hash = createHash('sha256')
  for (const file of files) hash.update(`${file}\0`).update(readFileSync(join(native, file)))
  const versions = ['.', 'node_modules/node-addon-api', 'node_modules/node-gyp'].map(
    (folder) => /** @type {{ version: string }} */ (readJson(join(CHECKOUT, folder, 'package.json'))).version,
  )
  return [target.triple, TOOLCHAIN, FLAGS, versions, hash.digest('hex')]
}
