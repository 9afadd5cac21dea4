/** CPU time of the guest by program, from /proc/PID/stat (proc_pid_stat(5)). */
import { readdir, readFile } from 'node:fs/promises'

/** Milliseconds by name of the program. Ended child processes count for the process that waited for them. */
export type Usage = ReadonlyMap<string, number>

/** USER_HZ */
const TICK_MS = 10
/** Indices of utime, stime, cutime and cstime among the fields after the name; state is the first field. */
const TIMES = { from: 11, to: 15 }

export async function usage(): Promise<Usage> {
  const used = new Map<string, number>()
  for (const pid of await readdir('/proc')) {
    if (!/^[0-9]+$/.test(pid)) continue
    const stat = await readFile(`/proc/${pid}/stat`, 'latin1').catch((error: unknown) => {
      if (['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined
      throw error
    })
    const end = stat?.lastIndexOf(')') ?? -1
    if (stat === undefined || end < 0) continue
    const name = nameOf(stat.slice(stat.indexOf('(') + 1, end))
    const fields = stat.slice(end + 2).split(' ')
    const ticks = fields.slice(TIMES.from, TIMES.to).reduce((sum, field) => sum + Number(field), 0)
    used.set(name, (used.get(name) ?? 0) + ticks * TICK_MS)
  }
  return used
}

/** CPU time used between two snapshots, largest first. Programs that have ended count nothing. */
export function between(before: Usage, after: Usage): Record<string, number> {
  const spent = [...after].map(([name, ms]) => [name, ms - (before.get(name) ?? 0)] as const)
  return Object.fromEntries(spent.filter(([, ms]) => ms >= TICK_MS).sort(([, a], [, b]) => b - a))
}

/** Groups kernel threads by purpose: `kworker/0:1-events` → `kworker`. */
function nameOf(comm: string): string {
  return comm.replace(/[/:].*$/, '')
}
