/** Who has a lock between processes, or a place within this one. */
import type { WaitHolder } from '../core/error-data.js'
import type { Host } from '../core/host.js'
import { parseLockNote } from '../core/lock-note.js'
import { attempt } from '../linux/block/mount-tables.js'
import { ownPid } from '../linux/processes.js'

/** The lock file's own words, unless the kernel names another process than they do: then they are of an earlier holder. */
export async function lockHolders(host: Host, directory: string, name: string): Promise<readonly WaitHolder[]> {
  const { note, pid } = await host.locks.seen(directory, name)
  const noted = note === undefined ? undefined : parseLockNote(note)
  const holder = pid === undefined || noted?.pid === pid ? noted : { pid }
  return holder === undefined ? [] : [await withCommand(host, holder)]
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
