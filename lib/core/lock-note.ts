/** What a lock file says about the process that has the lock. It is for people who wait: no decision depends on it. */
import type { WaitHolder } from './error-data.js'

/** The work that a lock is taken for. */
export interface LockUser {
  /** Owner of the attachment. */
  readonly owner: string
  /** Id of the attachment. */
  readonly id: string
  /** `attach`, `detach`, … */
  readonly operation?: string | undefined
}

/** One line, since the file keeps the end of a longer line that was there before. */
export function formatLockNote(pid: number, wallMs: number, { operation, id, owner }: LockUser): string {
  return `${JSON.stringify({ pid, sinceMs: Math.round(wallMs), operation, id, owner })}\n`
}

/** `undefined` for a line that is torn, or that another version wrote. */
export function parseLockNote(text: string): WaitHolder | undefined {
  let parsed: unknown
  try {
    parsed = JSON.parse(text.split('\n', 1)[0] ?? '')
  } catch {
    return undefined
  }
  if (typeof parsed !== 'object' || parsed === null) return undefined
  const { pid, sinceMs, operation, id, owner } = parsed as Readonly<Record<string, unknown>>
  if (typeof pid !== 'number' || !Number.isSafeInteger(pid) || pid <= 0) return undefined
  return {
    pid,
    ...(typeof sinceMs === 'number' ? { sinceMs } : {}),
    ...(typeof operation === 'string' ? { operation } : {}),
    ...(typeof id === 'string' ? { id } : {}),
    ...(typeof owner === 'string' ? { owner } : {}),
  }
}

/** The device and the number of a file: `0:25 5678`. */
const fileKey = (device: string, inode: string) => `${device} ${inode}`

/**
 * The process that has locked a file, from `/proc/locks` (proc_locks(5)): `1: FLOCK  ADVISORY  WRITE 4711 00:19:5678 0 EOF`. A line with
 * `->` is about a process that waits. `undefined` also when the process is of another pid namespace.
 */
export function lockerIn(table: string, { device, inode }: { readonly device: string; readonly inode: string }): number | undefined {
  return lockersIn(table).of(device, inode)
}
/** The processes that have locked files with flock, from the same table. */
export function lockersIn(table: string): { readonly any: boolean; readonly of: (device: string, inode: string) => number | undefined } {
  const lines = table.matchAll(/^\d+: FLOCK +\S+ +WRITE (\d+) ([0-9a-f]+):([0-9a-f]+):(\d+) /gm)
  const pids = new Map(
    [...lines].map(([, pid, major = '', minor = '', inode = '']) => [
      fileKey(`${parseInt(major, 16)}:${parseInt(minor, 16)}`, inode),
      Number(pid),
    ]),
  )
  return { any: pids.size > 0, of: (device, inode) => pids.get(fileKey(device, inode)) }
}
