/** The `Locks` port: flock between processes, and a queue within this process. */
import { join } from 'node:path'

import { crypto } from '../core/crypto.js'
import { isBrickworkError } from '../core/errors.js'
import type { Clock, Files, Lock, Locks } from '../core/host.js'
import { until } from '../core/signal.js'
import { systemError } from './errors.js'
import { createLockView, type Note } from './lock-view.js'
import type { Addon } from './native.js'
import type { Paths } from './paths.js'

export interface LocksParts {
  /** @throws `ERR_NATIVE_UNAVAILABLE` */
  readonly addon: () => Pick<Addon, 'lockOpen' | 'lockTry' | 'lockClose'>
  readonly files: Pick<Files, 'list' | 'makeDirectory' | 'read' | 'readLink'>
  readonly paths: Paths
  readonly clock: Clock
}

/**
 * Waiting for flock would block a thread, so we poll. These are the pauses between attempts; after the last of them, the longest is
 * repeated.
 */
const PAUSES_MS = [2, 5, 10, 20]
const LONGEST_PAUSE_MS = 50

/**
 * After so many hand-overs within this process, or so much time, a process with a queue checks whether another process waits for the lock.
 */
const HAND_OVERS = 8
const FAIR_MS = 100

export function createLocks(parts: LocksParts): Locks {
  /** The end of each queue. The next caller waits for it. */
  const queues = new Map<string, Promise<void>>()
  /** For each queue: since when this process has kept the lock, and how often it has been handed over within the process. */
  const stays = new Map<string, Stay>()
  const view = createLockView(parts)
  return {
    async take(directory, name, signal, user) {
      signal.throwIfAborted()
      const path = lockFile(directory, name)
      const note = user === undefined ? undefined : await view.noteOf(user)
      const leave = await queue(queues, path, signal, () => stays.delete(path))
      try {
        await makeWay(parts, stays, path, signal)
        const lock = await takeFile(parts, directory, path, signal, leave, note)
        const { since = parts.clock.now(), handOvers = -1 } = stays.get(path) ?? {}
        stays.set(path, { since, handOvers: handOvers + 1 })
        return lock
      } catch (error) {
        leave()
        throw error
      }
    },
    async seen(directory, name) {
      return await view.seen(lockFile(directory, name))
    },
    async holders(directory) {
      return await view.holders(directory)
    },
  }
}
/** The file of a lock. */
export const lockFile = (directory: string, name: string): string => join(directory, `${crypto().hash('sha256', name)}.lock`)

/**
 * Resolves at the caller's turn, with the function that ends the turn. A caller that gives up keeps its place until those before it are
 * done.
 */
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

/** When another process waits and this process has had the lock long enough, pauses for long enough that the other process can take it. */
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
/** A waiting process locks this file. The kernel releases that lock when the process ends. */
async function openWanted({ addon, paths }: LocksParts, path: string): Promise<number> {
  const real = await paths.real(`${path}.wanted`, 'keep')
  return attempt(path, () => addon().lockOpen(real))
}

async function takeFile(
  parts: LocksParts,
  directory: string,
  path: string,
  signal: AbortSignal,
  leave: () => void,
  note: Note | undefined,
): Promise<Lock> {
  const addon = parts.addon()
  const fd = await openFile(parts, directory, path)
  try {
    await flock(parts, addon, fd, path, signal, note)
  } catch (error) {
    addon.lockClose(fd)
    throw error
  }
  let held = true
  return {
    release() {
      // Never remove the file. A process that waits for a removed file would lock another file than the next process.
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
  note: Note | undefined,
): Promise<void> {
  const attemptIt = () => attempt(path, () => addon.lockTry(fd, note?.()))
  if (attemptIt()) return
  const pauses = PAUSES_MS.values()
  const wanted = await openWanted(parts, path)
  try {
    do {
      attempt(path, () => addon.lockTry(wanted)) // it is enough that one of the waiting processes has it
      await parts.clock.sleep(pauses.next().value ?? LONGEST_PAUSE_MS, signal)
    } while (!attemptIt())
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
