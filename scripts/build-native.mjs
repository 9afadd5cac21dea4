// npm run build:native: builds the addon (node-gyp) and the helper (cmake-js) in build/Release. It is fast when nothing has changed, and
// prints nothing unless it fails. `--prebuild` builds the files that the package ships instead: prebuilds/<platform>-<arch>/.
import { spawnSync } from 'node:child_process'
import { chmodSync, copyFileSync, existsSync, mkdirSync, renameSync } from 'node:fs'
import { createRequire } from 'node:module'
import { availableParallelism } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readJson } from './lab/json.mjs'

const ROOT = fileURLToPath(new URL('../', import.meta.url))
/** Tells binding.gyp not to build the helper, because cmake builds it. */
const WITHOUT_HELPER = { GYP_DEFINES: 'helper=0' }
const require = createRequire(import.meta.url)

/** The entry file of a tool of node_modules. @param {string} tool */
function binOf(tool) {
  const manifest = require.resolve(`${tool}/package.json`)
  const { bin } = /** @type {{ bin: string | Record<string, string> }} */ (readJson(manifest))
  return join(dirname(manifest), typeof bin === 'string' ? bin : (bin[tool] ?? tool))
}

/** The folder of the headers that were installed with Node.js. Without them npm and node-gyp download headers. */
function nodedir() {
  const prefix = process.env['npm_config_nodedir'] ?? dirname(dirname(process.execPath))
  return existsSync(join(prefix, 'include/node/node_api.h')) ? prefix : undefined
}

/** @param {string} tool @param {string[]} args @param {Record<string, string>} [env] */
export function runTool(tool, args, env = {}) {
  const result = spawnSync(process.execPath, [binOf(tool), ...args], {
    cwd: ROOT,
    env: { ...process.env, ...env },
    encoding: 'utf8',
    maxBuffer: 256 * 1024 * 1024,
  })
  if (result.status === 0) return
  const how = result.error?.message ?? (result.signal ? `killed by ${result.signal}` : `exit code ${result.status}`)
  throw new Error(`${tool} ${args.join(' ')}: ${how}\n${[result.stdout, result.stderr].join('')}`)
}

/**
 * Builds one configuration of native/CMakeLists.txt in its own folder.
 * @param {string} name @param {Record<string, string>} [definitions] @param {string[]} [options]
 */
export function buildWithCmake(name, definitions = {}, options = []) {
  const out = join('build-cmake', name)
  const defined = Object.entries(definitions).map(([key, value]) => `--CD${key}=${value}`)
  runTool('cmake-js', ['build', '-d', 'native', '-O', out, '-p', String(availableParallelism()), ...options, ...defined])
  return join(ROOT, out)
}

function headerFlags() {
  const prefix = nodedir()
  return prefix === undefined ? [] : [`--nodedir=${prefix}`]
}

/**
 * Copies to a temporary name and renames: a running helper keeps the file that it was started from.
 * @param {string} from @param {string} to
 */
function install(from, to) {
  mkdirSync(dirname(to), { recursive: true })
  copyFileSync(from, `${to}.new`)
  chmodSync(`${to}.new`, 0o755)
  renameSync(`${to}.new`, to)
}

export function buildNative() {
  runTool('node-gyp', ['configure', 'build', '--jobs', String(availableParallelism()), ...headerFlags()], WITHOUT_HELPER)
  install(join(buildWithCmake('helper'), 'brickwork-helper'), join(ROOT, 'build/Release/brickwork-helper'))
}

export function prebuild() {
  const prefix = nodedir()
  // prebuildify builds from nothing, and everything in build/ is built again.
  runTool('prebuildify', ['--napi', '--strip'], { ...WITHOUT_HELPER, ...(prefix === undefined ? {} : { npm_config_nodedir: prefix }) })
  const helper = join(buildWithCmake('helper'), 'brickwork-helper')
  const target = join(ROOT, 'prebuilds', `${process.platform}-${process.arch}`, 'brickwork-helper')
  install(helper, target)
  spawnSync('strip', [target])
  install(helper, join(ROOT, 'build/Release/brickwork-helper'))
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    if (process.argv.includes('--prebuild')) prebuild()
    else buildNative()
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    process.exitCode = 1
  }
}
