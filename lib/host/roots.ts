/**
 * Where this process sees the host's directories. As values, so that the same code works on this machine, on a container's `/host` or on a
 * captured tree.
 */
import { BrickworkError } from '../core/errors.js'

export interface Roots {
  readonly sys: string
  readonly proc: string
  readonly dev: string
  readonly run: string
  readonly etc: string
  readonly var: string
  /** The directory of everything else; empty when that is `/`. */
  readonly rest: string
}

export function rootsBelow(root: string): Roots {
  const base = root.replace(/\/+$/, '')
  return {
    sys: `${base}/sys`,
    proc: `${base}/proc`,
    dev: `${base}/dev`,
    run: `${base}/run`,
    etc: `${base}/etc`,
    var: `${base}/var`,
    rest: base,
  }
}

/** True when host paths are also paths of this process. */
export function areOwn(roots: Roots): boolean {
  return Object.entries(roots).every(([name, directory]) => directory === (name === 'rest' ? '' : `/${name}`))
}

/** Converts a host path without links or `..` to a path of this process. */
export function belowRoots(roots: Roots, path: string): string {
  const [, first = '', rest = ''] = /^\/([^/]*)(.*)$/s.exec(path) ?? []
  switch (first) {
    case 'sys':
    case 'proc':
    case 'dev':
    case 'run':
    case 'etc':
    case 'var':
      return roots[first] + rest
    default:
      return roots.rest + path
  }
}

export function requireHostPath(path: string): void {
  if (!path.startsWith('/') || path.includes('\0')) {
    throw new BrickworkError('ERR_INVALID_ARGUMENT', `Not an absolute path: ${JSON.stringify(path)}`, { details: { path } })
  }
}
