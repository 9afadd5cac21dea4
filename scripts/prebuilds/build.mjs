// Builds one target into the cache. What was built from the same sources is there already.
import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { compile } from '../build.mjs'
import { artefact, cacheDir, hashOf } from '../lab/cache.mjs'
import { readJson } from '../lab/json.mjs'
import { LabError } from '../lab/run.mjs'
import { CHECKOUT } from '../tests/stage.mjs'
import { complaints, needsOf } from './elf.mjs'
import { FILES } from './targets.mjs'
import { TOOLCHAIN, toolchain } from './toolchain.mjs'

/** @typedef {import('./targets.mjs').Target} Target */

const VARIABLES = { CXXFLAGS: '-O2 -Werror', LDFLAGS: '-s' }
const PARTS = ['core', 'glue', 'helper']
const SINGLE = ['Makefile', 'addon.cc', 'addon.map', 'core.sources']

/** Builds the target unless it is in the cache. @param {Target} target @returns {Promise<string>} its folder */
export function prebuilt(target) {
  return artefact(kindOf(target), inputsOf(target), async (folder) => {
    const { zig, env } = await toolchain()
    const objects = mkdtempSync(join(tmpdir(), 'brickwork-objects-'))
    try {
      compile({ out: folder, objects, variables: { ...VARIABLES, CXX: `${zig} c++ -target ${target.triple}` }, env })
    } finally {
      rmSync(objects, { recursive: true, force: true })
    }
    for (const file of FILES) {
      const wrong = complaints(await needsOf(join(folder, file)), target)
      if (wrong.length > 0) throw new LabError('UNFIT', `${file} of ${target.name} ${wrong.join('; ')}`)
    }
  })
}

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
  const files = [...SINGLE, ...PARTS.flatMap((part) => readdirSync(join(native, part)).map((name) => join(part, name)))].sort()
  const hash = createHash('sha256')
  for (const file of files) hash.update(`${file}\0`).update(readFileSync(join(native, file)))
  const versions = ['.', 'node_modules/node-api-headers', 'node_modules/node-addon-api'].map(
    (folder) => /** @type {{ version: string }} */ (readJson(join(CHECKOUT, folder, 'package.json'))).version,
  )
  return [target.triple, TOOLCHAIN, VARIABLES, versions, hash.digest('hex')]
}
