// npm run build:native: builds the addon (node-gyp) and the helper (cmake-js) in build/Release. It is fast when nothing has changed, and
// prints nothing unless it fails.
import { spawnSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { availableParallelism } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { install, nodedir } from './build.mjs'
import { readJson } from './lab/json.mjs'

const ROOT = fileURLToPath(new URL('../', import.meta.url))
/** Tells binding.gyp not to build the helper, because cmake builds it. */
const WITHOUT_HELPER = { GYP_DEFINES: 'helper=0' }
/** The first prebuild of a machine compiles its C++ library too: minutes, or half an hour on a busy machine. */
const LIMIT_MS = 45 * 60_000
const require = createRequire(import.meta.url)

/** The entry file of a tool of node_modules. @param {string} tool */
function binOf(tool) {
  const manifest = require.resolve(`${tool}/package.json`)
  const { bin } = /** @type {{ bin: string | Record<string, string> }} */ (readJson(manifest))
  return join(dirname(manifest), typeof bin === 'string' ? bin : (bin[tool] ?? tool))
}

/** @param {string} tool @param {string[]} args @param {{ env?: Record<string, string>, cwd?: string }} [options] */
export function runTool(tool, args, { env = {}, cwd = ROOT } = {}) {
  const result = spawnSync(process.execPath, [binOf(tool), ...args], {
    cwd,
    env: { ...process.env, ...env },
    encoding: 'utf8',
    timeout: LIMIT_MS,
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

function buildNative() {
  const prefix = nodedir()
  const headers = prefix === undefined ? [] : [`--nodedir=${prefix}`]
  runTool('node-gyp', ['configure', 'build', '--jobs', String(availableParallelism()), ...headers], { env: WITHOUT_HELPER })
  install(join(buildWithCmake('helper'), 'brickwork-helper'), join(ROOT, 'build/Release/brickwork-helper'))
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    buildNative()
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    process.exitCode = 1
  }
}
