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
  const [library, ...others] = Object.values(ENTRIES).map((file) => loadedWith(join(modules, file)))
  /** @type {readonly (readonly [string, (id: string) => boolean])[]} */
  const groups = [
    // What several entries load.
    ['core', (id) => id.startsWith(join(modules, 'core/')) && others.some((all) => all.has(id))],
    // What the import of the package loads.
    ['library', (id) => (library?.has(id) === true && id !== join(modules, ENTRIES.index)) || id.includes('/node_modules/zod/')],
    ['doctor', (id) => /^(doctor|attach\/doctor-with-login\.)/.test(id.slice(modules.length + 1))],
    // What an attacher needs.
    ['engine', (id) => /^(core|attach|operation|linux|multipath|scsi|connectors)\//.test(id.slice(modules.length + 1))],
  ]
  return groups.map(([name, test], place) => ({ name, test, priority: groups.length - place }))
}

/** zod is a part of the bundle, so its licence is too. */
function licence() {
  const text = readFileSync(join(CHECKOUT, 'node_modules/zod/LICENSE'), 'utf8')
  return `/*! This file contains zod (https://zod.dev).\n${text.trim()}\n*/`
}

/** @param {string} modules the compiled library, a file for each module @param {string} out */
export async function bundle(modules, out) {
  const built = await rolldown({
    input: Object.fromEntries(Object.entries(ENTRIES).map(([name, file]) => [name, join(modules, file)])),
    external: [/^node:/, 'node-gyp-build'],
    platform: 'node',
    preserveEntrySignatures: 'allow-extension',
  })
  await built.write({
    dir: out,
    format: 'esm',
    chunkFileNames: 'chunks/[name].js',
    banner: (chunk) => (chunk.name === 'library' ? licence() : ''),
    codeSplitting: { groups: groupsOf(modules), includeDependenciesRecursively: false },
  })
  await built.close()
}
