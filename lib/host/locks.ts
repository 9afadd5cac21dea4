/** The `Locks` port: flock between processes, a queue within this one. */
import { hash } from 'node:crypto'
import { join } from 'node:path'

import { isBrickworkError } from '../core/errors.js'
import type { Clock, Files, Lock, Locks } from '../core/host.js'
import { until } from '../core/signal.js'
import { systemError } from './errors.js'
import type { Addon } from './native.js'
import type { Paths } from './paths.js'

export interface LocksParts {
  /** @throws `ERR_NATIVE_UNAVAILABLE` */
  readonly addon: () => Pick<Addon, 'lockOpen' | 'lockTry' | 'lockClose'>
  readonly files: Pick<Files, 'makeDirectory'>
  readonly paths: Paths
  readonly clock: Clock
}

/** flock can't be waited for without a thread: asked again after so long, the last for ever after. */
const PAUSES_MS = [2, 5, 10, 20]
const LONGEST_PAUSE_MS = 50

export function createLocks(parts: LocksParts): Locks {
  /** The last of each queue: who comes next waits for it. */
  const queues = new Map<string, Promise<void>>()
  return {
    async take(directory, name, signal) {
      signal.throwIfAborted()
      const path = join(directory, `${hash('sha256', name)}.lock`)
      const leave = await queue(queues, path, signal)
      try {
        return await takeFile(parts, directory, path, signal, leave)
      } catch (error) {
        leave()
        throw error
      }
    },
  }
}

/** Answers when it is our turn, with the function that ends it. Who gives up keeps its place until those before it are done. */
async function queue(queues: Map<string, Promise<void>>, path: string, signal: AbortSignal): Promise<() => void> {
  const before = queues.get(path) ?? Promise.resolve()
  let leave = (): void => undefined
  const left = new Promise<void>((resolve) => {
    leave = resolve
  })
  const done = before.then(() => left)
  queues.set(path, done)
  void done.then(() => {
    if (queues.get(path) === done) queues.delete(path)
  })
  try {
    await until(before, signal)
  } catch (error) {
    leave()
    throw error
  }
  return leave
}

async function takeFile(parts: LocksParts, directory: string, path: string, signal: AbortSignal, leave: () => void): Promise<Lock> {
  const addon = parts.addon()
  const fd = await openFile(parts, directory, path)
  try {
    await flock(parts, addon, fd, path, signal)
  } catch (error) {
    addon.lockClose(fd)
    throw error
  }
  let held = true
  return {
    release() {
      // The file stays: one that is removed while another waits for it would lock two different things.
      if (held) addon.lockClose(fd)
      held = false
      leave()
      return Promise.resolve()
    },
  }
}

async function openFile({ addon, files, paths }: LocksParts, directory: string, path: string): Promise<number> {
  const real = await paths.real(path, 'keep')
  const open = () => attempt(path, () => addon().lockOpen(real))
  try {
    return open()
  } catch (error) {
    if (!isBrickworkError(error) || error.details['errno'] !== 'ENOENT') throw error
    await files.makeDirectory(directory, 0o700)
    return open()
  }
}

async function flock(
  parts: LocksParts,
  addon: ReturnType<LocksParts['addon']>,
  fd: number,
  path: string,
  signal: AbortSignal,
): Promise<void> {
  const pauses = PAUSES_MS.values()
  while (!attempt(path, () => addon.lockTry(fd))) await parts.clock.sleep(pauses.next().value ?? LONGEST_PAUSE_MS, signal)
}

function attempt<T>(path: string, call: () => T): T {
  try {
    return call()
  } catch (error) {
    throw systemError(error, path)
  }
}
