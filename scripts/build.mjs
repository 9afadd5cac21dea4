// Compiles the native part with this machine's C++ compiler: for a machine that no prebuild of the package fits, or for those who run only
// what they have compiled themselves. `node node_modules/brickwork-storage/scripts/build.mjs` puts it where the library looks first;
// `--out FOLDER` puts it elsewhere. It needs make and a compiler for C++17 (CXX names another one), and no network.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { availableParallelism } from 'node:os'
import { join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const ROOT = fileURLToPath(new URL('../', import.meta.url))
const NATIVE = join(ROOT, 'native')

/** @returns {Record<string, string>} The headers of Node-API: development dependencies of a checkout, files of the package. */
function headers() {
  const modules = join(ROOT, 'node_modules')
  const packed = join(NATIVE, 'include')
  return existsSync(join(modules, 'node-addon-api'))
    ? { NODE_API: join(modules, 'node-api-headers/include'), ADDON_API: join(modules, 'node-addon-api') }
    : { NODE_API: packed, ADDON_API: packed }
}

function version() {
  const manifest = /** @type {{ version: string }} */ (JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')))
  return manifest.version
}

/**
 * Runs native/Makefile. Paths are relative to its folder, because make knows no paths with spaces.
 * @param {{ out: string, objects: string, variables?: Record<string, string>, env?: Record<string, string> }} options
 */
export function compile({ out, objects, variables = {}, env = {} }) {
  const folders = Object.entries({ OUT: out, OBJ: objects, ...headers() }).map(([name, path]) => `${name}=${relative(NATIVE, path)}`)
  const set = Object.entries({ VERSION: version(), ...variables }).map(([name, value]) => `${name}=${value}`)
  const jobs = process.env['JOBS'] ?? String(availableParallelism())
  const args = ['-C', NATIVE, `-j${jobs}`, ...folders, ...set]
  const result = spawnSync('make', args, { encoding: 'utf8', env: { ...process.env, ...env }, maxBuffer: 256 * 1024 * 1024 })
  if (result.status === 0) return
  const how = result.error?.message ?? (result.signal ? `killed by ${result.signal}` : `exit code ${result.status}`)
  throw new Error(`make ${args.join(' ')}: ${how}\n${[result.stdout, result.stderr].join('')}`)
}

function main() {
  const { values } = parseArgs({ options: { out: { type: 'string' } } })
  const compiler = process.env['CXX'] ?? 'c++'
  for (const tool of ['make', compiler])
    if (spawnSync(tool, ['--version']).status !== 0) throw new Error(`${tool} cannot be run. Install make and a C++17 compiler`)
  const out = values.out === undefined ? join(ROOT, 'build/Release') : resolve(values.out)
  console.log(`brickwork-storage: compiling the native part with ${compiler}; this takes a minute or more`)
  const objects = `${out}.objects`
  try {
    compile({ out, objects, variables: { CXX: compiler } })
  } finally {
    rmSync(objects, { recursive: true, force: true })
  }
  createRequire(import.meta.url)(join(out, 'brickwork.node'))
  console.log(`brickwork-storage: the native part is in ${out}`)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    main()
  } catch (error) {
    console.error(`brickwork-storage: ${error instanceof Error ? error.message : String(error)}`)
    process.exitCode = 1
  }
}
