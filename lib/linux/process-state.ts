import type { Host } from '../core/host.js'
import { attempt } from './block/mount-tables.js'

/** `4711 (dd) D 1 …`: the name may hold anything, brackets too (proc_pid_stat(5)). */
const STATE = /^.*\) (\S)/s

/** Whether the process itself waits for I/O and can't be ended meanwhile. `false` for one that is gone, or may not be looked into. */
export async function waitsForIo(host: Host, pid: number): Promise<boolean> {
  return STATE.exec((await attempt(host.files.read(`/proc/${pid}/stat`))) ?? '')?.[1] === 'D'
}
