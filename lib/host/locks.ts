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

/** A process with a queue hands the lock over within itself so often, or for so long, before it looks for other processes that wait. */
const HAND_OVERS = 8
const FAIR_MS = 100

export function createLocks(parts: LocksParts): Locks {
  /** The last of each queue: who comes next waits for it. */
  const queues = new Map<string, Promise<void>>()
  /** Of each queue: since when it has kept the lock in this process, and how often it was handed over. */
  const stays = new Map<string, Stay>()
  return {
    async take(directory, name, signal) {
      signal.throwIfAborted()
      const path = join(directory, `${hash('sha256', name)}.lock`)
      const leave = await queue(queues, path, signal, () => stays.delete(path))
      try {
        await makeWay(parts, stays, path, signal)
        const lock = await takeFile(parts, directory, path, signal, leave)
        const { since = parts.clock.now(), handOvers = -1 } = stays.get(path) ?? {}
        stays.set(path, { since, handOvers: handOvers + 1 })
        return lock
      } catch (error) {
        leave()
        throw error
      }
    },
  }
}

/** Answers when it is our turn, with the function that ends it. Who gives up keeps its place until those before it are done. */
async function queue(queues: Map<string, Promise<void>>, path: string, signal: AbortSignal, emptied: () => void): Promise<() => void> {
  const before = queues.get(path) ?? Promise.resolve()
  let leave = (): void => undefined
  const left = new Promise<void>((resolve) => {
    leave = resolve
  })
  const done = before.then(() => left)
  queues.set(path, done)
  void done.then(() => {
    if (queues.get(path) !== done) return
    queues.delete(path)
    emptied()
  })
  try {
    await until(before, signal)
  } catch (error) {
    leave()
    throw error
  }
  return leave
}

interface Stay {
  readonly since: number
  readonly handOvers: number
}

/** Leaves the lock alone for as long as another process needs to come to it, when one waits and this process has had it long enough. */
async function makeWay(parts: LocksParts, stays: Map<string, Stay>, path: string, signal: AbortSignal): Promise<void> {
  const stay = stays.get(path)
  if (stay === undefined || (stay.handOvers < HAND_OVERS && parts.clock.now() - stay.since < FAIR_MS)) return
  stays.delete(path)
  const addon = parts.addon()
  const wanted = await openWanted(parts, path)
  let isWanted: boolean
  try {
    isWanted = !attempt(path, () => addon.lockTry(wanted))
  } finally {
    addon.lockClose(wanted)
  }
  if (isWanted) await parts.clock.sleep(LONGEST_PAUSE_MS + (PAUSES_MS[0] ?? 0), signal)
}
/** Who waits for another process has this file locked: the kernel ends that with the process. */
async function openWanted({ addon, paths }: LocksParts, path: string): Promise<number> {
  const real = await paths.real(`${path}.wanted`, 'keep')
  return attempt(path, () => addon().lockOpen(real))
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
  if (attempt(path, () => addon.lockTry(fd))) return
  const pauses = PAUSES_MS.values()
  const wanted = await openWanted(parts, path)
  try {
    do {
      attempt(path, () => addon.lockTry(wanted)) // one of all processes that wait is enough
      await parts.clock.sleep(pauses.next().value ?? LONGEST_PAUSE_MS, signal)
    } while (!attempt(path, () => addon.lockTry(fd)))
  } finally {
    addon.lockClose(wanted)
  }
}

function attempt<T>(path: string, call: () => T): T {
  try {
    return call()
  } catch (error) {
    throw systemError(error, path)
  }
}
