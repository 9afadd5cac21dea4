/** Resolves a path of the host, with all links on the way, to the block device that it leads to. */
import { Window } from '../../core/deadline.js'
import { isBrickworkError } from '../../core/errors.js'
import type { Host } from '../../core/host.js'
import { until } from '../../core/signal.js'

/**
 * The number of a block device (`253:3`). `other`: a file or something else. `nowhere`: nothing exists there, or the path can't be
 * resolved.
 */
export type Target = { readonly device: string } | 'other' | 'nowhere'

/** Directories in memory: resolving a path in them never blocks. */
const LOCAL = ['/dev/', '/run/', '/var/run/']
/** A path elsewhere may be on a file server that is gone. Resolves one such path at a time, for at most this long. */
const PATIENCE_MS = 1000
const elsewhere = new WeakMap<Host, Promise<unknown>>()

export async function followPath(host: Host, path: string, signal: AbortSignal): Promise<Target> {
  if (!path.startsWith('/')) return 'nowhere'
  if (LOCAL.some((prefix) => path.startsWith(prefix))) return await follow(host, path)
  const before = elsewhere.get(host) ?? Promise.resolve()
  const answer = before.then(() => follow(host, path))
  elsewhere.set(host, answer)
  using window = new Window(host.clock, PATIENCE_MS, signal, `where ${path} leads`)
  return await until(answer, window.signal).catch((error: unknown) => {
    if (window.signal.aborted && !signal.aborted) return 'nowhere'
    throw error
  })
}

async function follow(host: Host, path: string): Promise<Target> {
  try {
    const real = await host.files.resolve(path)
    const found = real === undefined ? undefined : await host.files.stat(real)
    if (found === undefined) return 'nowhere'
    return found.type === 'block' && found.device !== undefined ? { device: found.device } : 'other'
  } catch (error) {
    if (isBrickworkError(error)) return 'nowhere'
    throw error
  }
}
