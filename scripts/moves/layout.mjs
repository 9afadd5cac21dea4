// Where each file of a tree goes: a table of moves, and the answers to "what is this path called afterwards?".
import { posix } from 'node:path'

/**
 * An entry that ends in `/` moves a folder. An entry for a file or a deeper folder inside it takes precedence.
 * @param {Record<string, string>} entries @param {readonly string[]} tracked
 * @returns {Map<string, string>} old path → new path, for each file that moves
 */
export function expand(entries, tracked) {
  const folders = Object.keys(entries).filter((path) => path.endsWith('/'))
  folders.sort((a, b) => b.length - a.length)
  /** @type {Map<string, string>} */
  const moves = new Map()
  for (const path of tracked) {
    const folder = folders.find((each) => path.startsWith(each))
    const target = entries[path] ?? (folder === undefined ? undefined : `${entries[folder] ?? ''}${path.slice(folder.length)}`)
    if (target !== undefined && target !== path) moves.set(path, target)
  }
  for (const [path, target] of [...moves]) {
    const [before, after] = [snapshotOf(path), snapshotOf(target)]
    if (tracked.includes(before) && entries[before] === undefined) moves.set(before, after)
  }
  return moves
}
/** The snapshots of a test file move with it, even if an entry moves their folder elsewhere. @param {string} path */
const snapshotOf = (path) => posix.join(posix.dirname(path), '__snapshots__', `${posix.basename(path)}.snap`)

/** The problems of a table, one a line. @param {Record<string, string>} entries @param {readonly string[]} tracked @returns {string[]} */
export function complaintsOf(entries, tracked) {
  const moves = expand(entries, tracked)
  const targets = [...moves.values()]
  return [
    ...Object.keys(entries)
      .filter((path) => !tracked.some((each) => each === path || (path.endsWith('/') && each.startsWith(path))))
      .map((path) => `${path} does not exist`),
    ...Object.entries(entries)
      .filter(([path, target]) => path.endsWith('/') !== target.endsWith('/'))
      .map(([path, target]) => `${path} and ${target} must both be files or both be folders`),
    ...targets.filter((path) => tracked.includes(path) && !moves.has(path)).map((path) => `${path} exists already`),
    ...targets.filter((path, index) => targets.indexOf(path) < index).map((path) => `two files move to ${path}`),
  ]
}

/** Names by which other files compile or import a source file. */
/** @type {readonly (readonly [said: string, meant: string])[]} */
const SPELLINGS = [
  ['', ''],
  ['.js', '.ts'],
  ['.d.ts', '.ts'],
]
/** @type {readonly [said: string, meant: string]} */
const BARE = ['', '.ts']
const BUILT = /^(?:dist|build\/lab|build)\//

/** @typedef {{ path: string | undefined, some: boolean }} Prefix */

export class Layout {
  /** @readonly @type {Map<string, string>} */ moves
  #tracked
  /** @type {Map<string, Prefix>} */
  #prefixes = new Map()

  /** @param {Map<string, string>} moves @param {readonly string[]} tracked the files before the moves */
  constructor(moves, tracked) {
    this.moves = moves
    this.#tracked = new Set(tracked)
  }

  /** @param {string} file */
  newPathOf(file) {
    return this.moves.get(file) ?? file
  }

  /**
   * The new name of a file, in any spelling: `x.ts`, `x.js`, `x.d.ts`, below `dist/` or `build/lab/`; `bare` allows `x` too.
   * @param {string} path @param {{ bare?: boolean }} [options] @returns {string | undefined} undefined: there is no such file
   */
  file(path, { bare = false } = {}) {
    for (const [said, meant] of bare ? [...SPELLINGS, BARE] : SPELLINGS) {
      if (!path.endsWith(said)) continue
      const source = path.slice(0, path.length - said.length) + meant
      if (!this.#tracked.has(source)) continue
      const target = this.newPathOf(source)
      return meant === '' ? target : target.slice(0, target.length - meant.length) + said
    }
    const built = BUILT.exec(path)?.[0]
    if (built === undefined) return undefined
    const below = this.file(path.slice(built.length), { bare })
    return below === undefined ? undefined : built + below
  }

  /**
   * The new form of a common prefix of several paths: a folder with its `/`, or the fixed part of a pattern.
   * @param {string} prefix @returns {Prefix} no path: the files move to several places, or there are none;
   * some: at least one of them moves
   */
  prefix(prefix) {
    const known = this.#prefixes.get(prefix)
    if (known !== undefined) return known
    const files = [...this.#tracked].filter((path) => path.startsWith(prefix))
    const places = new Set(files.map((path) => placeOf(this.newPathOf(path), path.slice(prefix.length))))
    const answer = { path: places.size === 1 ? [...places][0] : undefined, some: files.some((path) => this.moves.has(path)) }
    this.#prefixes.set(prefix, answer)
    return answer
  }

  /** Whether files are left in this folder after the moves. @param {string} folder with its `/` */
  remains(folder) {
    return [...this.#tracked].some((path) => this.newPathOf(path).startsWith(folder))
  }
}

/** A snapshot of a renamed test keeps its folder but not its name. @param {string} path @param {string} rest */
function placeOf(path, rest) {
  return path.endsWith(rest) ? path.slice(0, path.length - rest.length) : undefined
}
