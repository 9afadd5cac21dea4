// npm's install hook. If a prebuilt binary fits, or if this system can't attach volumes, it does nothing; otherwise it compiles. It never
// fails the installation: importing the library works without the binary, and the first use explains what is missing.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../', import.meta.url))
const require = createRequire(import.meta.url)

/** Whether the addon that the library would choose can be loaded here, and a helper lies beside it. */
function isUsable() {
  try {
    /** @type {unknown} */
    const loader = require('node-gyp-build')
    const load = /** @type {(root: string) => unknown} */ (loader)
    load(ROOT)
  } catch {
    return false
  }
  const places = ['build/Release', `prebuilds/${process.platform}-${process.arch}`]
  return places.some((place) => existsSync(join(ROOT, place, 'brickwork-helper')))
}

/** @param {string} why */
function explain(why) {
  console.log(
    `brickwork-storage: ${why}; to build it: npm rebuild brickwork-storage --foreground-scripts (needs a C++ compiler, make, Python)`,
  )
}

/** npm ships a node-gyp and passes its path to install scripts. */
function nodeGyp() {
  const given = process.env['npm_config_node_gyp']
  if (given !== undefined && existsSync(given)) return given
  try {
    return join(dirname(require.resolve('node-gyp/package.json')), 'bin/node-gyp.js')
  } catch {
    return undefined
  }
}

function build() {
  const gyp = nodeGyp()
  if (gyp === undefined) {
    explain('the native part is not built: no node-gyp')
    return
  }
  if ([process.env['CXX'], 'c++', 'g++', 'clang++'].every((name) => !name || spawnSync(name, ['--version']).status !== 0)) {
    explain('the native part is not built: no C++ compiler')
    return
  }
  const prefix = process.env['npm_config_nodedir'] ?? dirname(dirname(process.execPath))
  const headers = existsSync(join(prefix, 'include/node/node_api.h')) ? [`--nodedir=${prefix}`] : []
  const built = spawnSync(process.execPath, [gyp, 'rebuild', '--jobs', 'max', ...headers], { cwd: ROOT, encoding: 'utf8' })
  if (built.status === 0 && isUsable()) return
  console.log([built.stdout, built.stderr].join(''))
  explain('the native part could not be built')
}

/** In a checkout `npm run setup` builds the addon, and cmake builds the helper. */
const isCheckout = existsSync(join(ROOT, 'tsconfig.json'))

if (process.platform === 'linux' && !isCheckout && !isUsable()) build()
