/**
 * Turns host paths into paths of this process. It resolves links itself, since an absolute link of the host would lead into this process's
 * own root.
 */
import { constants } from 'node:os'
import { lstatSync } from 'node:fs'
import { lstat, readlink, realpath } from 'node:fs/promises'

import { errnoOf, kernelError, systemError } from './errors.js'
import { areOwn, belowRoots, requireHostPath, type Roots } from './roots.js'

export interface Paths {
  /**
   * The path to use in system calls. With `keep`, does not follow a link at the end of the path. Parts that do not exist stay as written.
   */
  real(path: string, last: 'follow' | 'keep'): Promise<string>
  /** The host path with every link resolved; `undefined` when nothing is there. */
  resolve(path: string): Promise<string | undefined>
}

/** The kernel's own limit. */
const MAX_LINKS = 40
const absent: ReadonlySet<string | undefined> = new Set(['ENOENT', 'ENOTDIR'])

/** True for an error that only means that the file does not exist. */
export function isAbsence(error: unknown): boolean {
  return absent.has(errnoOf(error))
}

export function createPaths(roots: Roots): Paths {
  return areOwn(roots) ? ownPaths : rootedPaths(roots)
}

const ownPaths: Paths = {
  real(path) {
    requireHostPath(path)
    return Promise.resolve(path)
  },
  async resolve(path) {
    requireHostPath(path)
    try {
      return await realpath(path)
    } catch (error) {
      if (isAbsence(error)) return undefined
      throw systemError(error)
    }
  },
}

function rootedPaths(roots: Roots): Paths {
  return {
    async real(path, last) {
      return belowRoots(roots, (await walk(roots, path, last)).path)
    },
    async resolve(path) {
      const place = await walk(roots, path, 'follow')
      return place.exists ? place.path : undefined
    },
  }
}

interface Place {
  readonly path: string
  readonly exists: boolean
}

/** Resolves `path` from the host's root, name by name. It works on host paths only, so neither `..` nor a link can lead out of the root. */
async function walk(roots: Roots, path: string, last: 'follow' | 'keep'): Promise<Place> {
  requireHostPath(path)
  const ahead = namesOf(path)
  let here = ''
  let links = 0
  let exists = true
  for (let name = ahead.pop(); name !== undefined; name = ahead.pop()) {
    if (name === '..') {
      here = here.slice(0, Math.max(0, here.lastIndexOf('/')))
      continue
    }
    const next = `${here}/${name}`
    const found = !exists ? 'absent' : last === 'keep' && ahead.length === 0 ? 'other' : await linkAt(belowRoots(roots, next), next)
    if (typeof found === 'string') {
      if (found === 'absent') exists = false
      here = next
      continue
    }
    links += 1
    if (links > MAX_LINKS) throw kernelError({ errno: -constants.errno.ELOOP, syscall: 'resolve', path })
    if (found.target.startsWith('/')) here = ''
    ahead.push(...namesOf(found.target))
  }
  return { path: here === '' ? '/' : here, exists }
}

/** The kernel's own file systems are in memory. A query of them waits for no disk, so it is not worth a job of another thread. */
export const IN_MEMORY = /^\/(sys|proc|run|dev)(\/|$)/

async function linkAt(realPath: string, hostPath: string): Promise<'absent' | 'other' | { readonly target: string }> {
  try {
    const found = IN_MEMORY.test(hostPath) ? lstatSync(realPath, { throwIfNoEntry: false }) : await lstat(realPath)
    if (found === undefined) return 'absent'
    if (!found.isSymbolicLink()) return 'other'
    return { target: await readlink(realPath) }
  } catch (error) {
    if (isAbsence(error)) return 'absent'
    throw systemError(error, hostPath)
  }
}

/** In reverse order, so that the next name is the last. */
function namesOf(path: string): string[] {
  return path
    .split('/')
    .filter((name) => name !== '' && name !== '.')
    .reverse()
}
