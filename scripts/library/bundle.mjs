// The JavaScript of the package: a few files instead of hundreds. Node.js needs more time to find, read and link a module than to compile
// it, and most programs use a part of the library only (docs/evidence/performance.md, Import).
import { readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { rolldown } from 'rolldown'
import { CHECKOUT } from '../tests/stage.mjs'

const ENTRIES = { index: 'index.js', 'testing/index': 'testing/index.js', 'cli/main': 'cli/main.js' }
const IMPORT = /^(?:import|export)[^'"]*?from\s+'([^']+)'|^import '([^']+)'/gm

/** The files that a module loads as soon as it is imported. @param {string} file @param {Set<string>} [seen] @returns {Set<string>} */
function loadedWith(file, seen = new Set()) {
  if (seen.has(file)) return seen
  seen.add(file)
  for (const [, from, alone] of readFileSync(file, 'utf8').matchAll(IMPORT)) {
    const specifier = from ?? alone ?? ''
    if (specifier.startsWith('.')) loadedWith(resolve(dirname(file), specifier), seen)
  }
  return seen
}

/**
 * Each group is one file in chunks/; the first that fits a module gets it. What only one action of the command needs has a file of its own.
 * @param {string} modules
 */
function groupsOf(modules) {
  const [library, testing, command] = Object.values(ENTRIES).map((file) => loadedWith(join(modules, file)))
  const others = [testing, command]
  /** @type {readonly (readonly [string, (id: string) => boolean])[]} */
  const groups = [
    // What several entries load.
    ['core', (id) => id.startsWith(join(modules, 'core/')) && others.some((all) => all?.has(id))],
    // What the import of the package loads.
    ['library', (id) => library?.has(id) === true && id !== join(modules, ENTRIES.index)],
    // What each action of the command loads.
    ['command', (id) => command?.has(id) === true && id !== join(modules, ENTRIES['cli/main'])],
    ['doctor', (id) => /^(doctor|attach\/doctor-with-login\.)/.test(id.slice(modules.length + 1))],
    // What an attacher needs.
    ['engine', (id) => /^(core|attach|operation|linux|multipath|scsi|connectors)\//.test(id.slice(modules.length + 1))],
  ]
  return groups.map(([name, test], place) => ({ name, test, priority: groups.length - place }))
}

/** zod is a part of the package, so its licence is too. */
function licence() {
  const text = readFileSync(join(CHECKOUT, 'node_modules/zod/LICENSE'), 'utf8')
  return `/*! This file contains zod (https://zod.dev).\n${text.trim()}\n*/`
}

/** The bundle of zod, in chunks/. Only require() loads a module at once, and it loads CommonJS. */
const ZOD = 'zod.cjs'
/** The one module that loads zod. */
const LOADER = 'connection/zod.js'

/** The parts of zod that the library uses. @param {string} modules @param {string} out */
async function bundleZod(modules, out) {
  /** @type {unknown} */
  const loader = await import(join(modules, LOADER))
  const parts = /** @type {{ ZOD_PARTS: readonly string[] }} */ (loader).ZOD_PARTS
  const built = await rolldown({
    input: 'parts',
    platform: 'node',
    cwd: CHECKOUT,
    plugins: [
      {
        name: 'parts',
        resolveId: (id) => (id === 'parts' ? join(CHECKOUT, 'parts.js') : undefined),
        load: (id) => (id === join(CHECKOUT, 'parts.js') ? `export { ${parts.join(', ')} } from 'zod'` : undefined),
      },
    ],
  })
  await built.write({ file: join(out, 'chunks', ZOD), format: 'cjs', banner: licence() })
  await built.close()
}

/** @param {string} modules the compiled library, a file for each module @param {string} out */
export async function bundle(modules, out) {
  const built = await rolldown({
    input: Object.fromEntries(Object.entries(ENTRIES).map(([name, file]) => [name, join(modules, file)])),
    external: [/^node:/, 'node-gyp-build'],
    platform: 'node',
    preserveEntrySignatures: 'allow-extension',
    plugins: [
      {
        name: 'zod',
        transform: (code, id) => (id === join(modules, LOADER) ? code.replace("('zod')", `('./${ZOD}')`) : undefined),
      },
    ],
  })
  await built.write({
    dir: out,
    format: 'esm',
    chunkFileNames: 'chunks/[name].js',
    // The declarations have them. To read past them costs 10 million instructions in the engine alone.
    comments: { jsdoc: false },
    codeSplitting: { groups: groupsOf(modules), includeDependenciesRecursively: false },
  })
  await built.close()
  await bundleZod(modules, out)
}
