// The tree of a result: one hash over the files that the result depends on, as they are in the checkout, committed or not.
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { readJson } from '../lab/json.mjs'
import { codeOf } from './code-of.mjs'

/**
 * Which files a result depends on. Documents (`*.md`) never count, nor do comments and types.
 * @typedef {object} Scope
 * @property {readonly string[]} paths files and folders
 * @property {readonly string[]} [without] files and folders among them that don't count
 * @property {readonly string[]} [entries] files that count, even in folders of `without`, with the files below `test/` that they import, start by
 *   `new URL('./FILE.js', import.meta.url)`, or name as `test/fixtures/FILE`
 */

const LENGTH = 16

/** @param {string} root the checkout @param {Scope} scope */
export function treeOf(root, scope) {
  const files = filesOf(root, scope).map((path) => ({ path, digest: digestOf(join(root, path)) }))
  return hashOf([...files, ...packagesOf(root)])
}

/** The order of the files doesn't change the hash. @param {readonly { path: string, digest: string }[]} files */
export function hashOf(files) {
  const lines = files.map(({ path, digest }) => `${path}\0${digest}\n`)
  return createHash('sha256').update(lines.sort().join('')).digest('hex').slice(0, LENGTH)
}

/** @param {string} root @param {Scope} scope @returns {string[]} */
export function filesOf(root, { paths, without = [], entries = [] }) {
  const imported = entries.flatMap((entry) => reachable(root, entry))
  return listed(root, [...paths, ...imported]).filter((path) => imported.includes(path) || !isBelow(path, without))
}

/** @param {string} path @param {readonly string[]} places */
const isBelow = (path, places) => places.some((place) => path === place || path.startsWith(`${place}/`))

/** Existing files that git tracks or would add. @param {string} root @param {readonly string[]} paths */
function listed(root, paths) {
  const args = ['ls-files', '-z', '--cached', '--others', '--exclude-standard', '--', ...paths]
  const output = execFileSync('git', args, { cwd: root, encoding: 'utf8', maxBuffer: 2 ** 26 })
  const files = [...new Set(output.split('\0'))].filter((path) => path !== '' && !path.endsWith('.md'))
  return files.filter((path) => existsSync(join(root, path)))
}

/** A file and its dependencies below `test/`. @param {string} root @param {string} file @param {Set<string>} [seen] @returns {string[]} */
function reachable(root, file, seen = new Set()) {
  if (seen.has(file) || !file.startsWith('test/') || !existsSync(join(root, file))) return [...seen]
  seen.add(file)
  const text = readFileSync(join(root, file), 'utf8')
  for (const [, path = ''] of text.matchAll(/(?:from |import |new URL\()'(\.[^']*)\.js'/g))
    reachable(root, normalize(join(dirname(file), `${path}.ts`)), seen)
  for (const [fixture] of text.matchAll(/test\/fixtures\/[\w./-]*\w/g)) if (existsSync(join(root, fixture))) seen.add(fixture)
  return [...seen]
}

/** Digests by file: parts have most files in common. @type {Map<string, string>} */
const digests = new Map()
/** If files change while this process runs, call `forgetFiles` to read them again. @param {string} file */
function digestOf(file) {
  const digest =
    digests.get(file) ??
    createHash('sha256')
      .update(codeOf(file, readFileSync(file)))
      .digest('hex')
  digests.set(file, digest)
  return digest
}
export function forgetFiles() {
  digests.clear()
}

/** Packages that the library itself needs. Tools don't change a result. @param {string} root */
function packagesOf(root) {
  const lock = join(root, 'package-lock.json')
  if (!existsSync(lock)) return []
  const { packages } = /** @type {{ packages: Record<string, { version?: string, integrity?: string, dev?: boolean }> }} */ (readJson(lock))
  return Object.entries(packages)
    .filter(([path, { dev = false }]) => path !== '' && !dev)
    .map(([path, { version = '', integrity = '' }]) => ({ path, digest: `${version} ${integrity}` }))
}
