// Compiles the native part with this machine's C++ compiler: for a machine that no prebuild of the package fits, or for those who run only
// what they have compiled themselves. `node node_modules/brickwork-storage/scripts/build.mjs` puts it where the library looks first;
// `--out FOLDER` puts it elsewhere. It runs node-gyp in native/, and needs make, Python 3 and a compiler for C++17 (CXX names another one).
import { spawnSync } from 'node:child_process'
import { chmodSync, copyFileSync, existsSync, mkdirSync, realpathSync, renameSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { availableParallelism } from 'node:os'
import { delimiter, dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const ROOT = fileURLToPath(new URL('../', import.meta.url))
const NATIVE = join(ROOT, 'native')
const FILES = ['brickwork.node', 'brickwork-helper']
const NODE_GYP = 'node-gyp/bin/node-gyp.js'

/** The folder of the headers that were installed with Node.js. Without them node-gyp downloads headers. */
export function nodedir() {
  const prefix = process.env['npm_config_nodedir'] ?? dirname(dirname(process.execPath))
  return existsSync(join(prefix, 'include/node/node_api.h')) ? prefix : undefined
}

/** node-gyp of npm, or one that is installed beside this package. */
function nodeGyp() {
  const npms = (process.env['PATH'] ?? '').split(delimiter).map((folder) => join(folder, 'npm'))
  const beside = [fileURLToPath(import.meta.url), ...npms.filter((file) => existsSync(file)).map((file) => realpathSync(file))]
  const known = [process.env['npm_config_node_gyp'], ...beside.map(resolvedFrom)]
  const found = known.find((file) => file !== undefined && existsSync(file))
  if (found !== undefined) return found
  throw new Error('there is no node-gyp: npm, which contains it, is not in PATH. Install npm, or run: npm install node-gyp')
}

/** @param {string} file */
function resolvedFrom(file) {
  try {
    return createRequire(file).resolve(NODE_GYP)
  } catch {
    return undefined
  }
}

/**
 * Copies to a temporary name and renames: a running helper keeps the file that it was started from.
 * @param {string} from @param {string} to
 */
export function install(from, to) {
  mkdirSync(dirname(to), { recursive: true })
  copyFileSync(from, `${to}.new`)
  chmodSync(`${to}.new`, 0o755)
  renameSync(`${to}.new`, to)
}

function compile() {
  const headers = nodedir()
  const args = [nodeGyp(), 'rebuild', '--jobs', String(availableParallelism()), ...(headers === undefined ? [] : [`--nodedir=${headers}`])]
  const result = spawnSync(process.execPath, args, { cwd: NATIVE, encoding: 'utf8', maxBuffer: 256 * 1024 * 1024 })
  if (result.status === 0) return
  const how = result.error?.message ?? (result.signal ? `killed by ${result.signal}` : `exit code ${result.status}`)
  throw new Error(`node-gyp rebuild: ${how}\n${[result.stdout, result.stderr].join('')}`)
}

function main() {
  const { values } = parseArgs({ options: { out: { type: 'string' } } })
  const compiler = process.env['CXX'] ?? 'c++'
  for (const tool of ['make', compiler])
    if (spawnSync(tool, ['--version']).status !== 0) throw new Error(`${tool} cannot be run. Install make and a C++17 compiler`)
  const out = values.out === undefined ? join(ROOT, 'build/Release') : resolve(values.out)
  console.log(`brickwork-storage: compiling the native part with ${compiler}; this takes about a minute`)
  const build = join(NATIVE, 'build')
  try {
    compile()
    for (const file of FILES) install(join(build, 'Release', file), join(out, file))
  } finally {
    rmSync(build, { recursive: true, force: true })
  }
  createRequire(import.meta.url)(join(out, 'brickwork.node'))
  console.log(`brickwork-storage: the native part is in ${out}`)
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  try {
    main()
  } catch (error) {
    console.error(`brickwork-storage: ${error instanceof Error ? error.message : String(error)}`)
    process.exitCode = 1
  }
}
