/** Who has a lock between processes, or a place within this one. */
import type { WaitHolder } from '../core/error-data.js'
import type { Host, LockSeen } from '../core/host.js'
import { parseLockNote } from '../core/lock-note.js'
import { attempt } from '../linux/attempt.js'
import { ownPid } from '../linux/processes.js'

/** The lock file's own words, unless the kernel names another process than they do: then they are of an earlier holder. */
export async function lockHolders(host: Host, directory: string, name: string): Promise<readonly WaitHolder[]> {
  const holder = holderIn(await host.locks.seen(directory, name))
  return holder === undefined ? [] : [await withCommand(host, holder)]
}
/** A lock that a process has, and who that is. */
export interface HeldLock {
  /** Host path of the lock file. */
  readonly file: string
  readonly holder: WaitHolder
}
/** All locks below a directory that a process has. */
export async function allLockHolders(host: Host, directory: string): Promise<readonly HeldLock[]> {
  const held = await host.locks.holders(directory)
  return await Promise.all(held.map(async (lock) => ({ file: lock.file, holder: await withCommand(host, holderIn(lock) ?? {}) })))
}
function holderIn({ note, pid }: LockSeen): WaitHolder | undefined {
  const noted = note === undefined ? undefined : parseLockNote(note)
  return pid === undefined || noted?.pid === pid ? noted : { pid }
}
/** Holders within this process. */
export async function holdersHere(host: Host, holders: readonly WaitHolder[]): Promise<readonly WaitHolder[]> {
  const pid = await ownPid(host)
  if (pid === undefined) return holders
  const own = await withCommand(host, { pid: Number(pid) })
  return holders.map((holder) => ({ ...own, ...holder }))
}

async function withCommand(host: Host, holder: WaitHolder): Promise<WaitHolder> {
  if (holder.pid === undefined) return holder
  const command = await attempt(host.files.read(`/proc/${holder.pid}/comm`))
  if (command === 'refused') return holder
  return command === undefined ? { ...holder, gone: true } : { ...holder, command }
}
