import type { Host } from '../core/host.js'
import { attempt } from './attempt.js'

export interface ProcessState {
  /** `R`, `S`, `D` (waits for I/O), `T` (stopped by a signal), `t` (stopped by a debugger), `Z`, … */
  readonly state: string
  /** When the process started, in clock ticks since boot. Together with the pid it identifies one process of this boot. */
  readonly startTime: string
}

/** `undefined` for a process that is gone or may not be read. */
export async function readProcessState(host: Host, pid: number | string): Promise<ProcessState | undefined> {
  return parseProcessState((await attempt(host.files.read(`/proc/${pid}/stat`))) ?? '')
}

/**
 * `4711 (dd) D 1 …`: the name may contain any character, also brackets. The state is field 3, the start time field 22 (proc_pid_stat(5)).
 */
export function parseProcessState(text: string): ProcessState | undefined {
  const fields = text
    .slice(text.lastIndexOf(')') + 1)
    .trim()
    .split(' ')
  const [state, startTime] = [fields[0], fields[22 - 3]]
  return state === undefined || state.length !== 1 || startTime === undefined ? undefined : { state, startTime }
}

/** Whether the process waits for I/O, and so can't be killed now. `false` for a process that is gone or may not be read. */
export async function waitsForIo(host: Host, pid: number): Promise<boolean> {
  return (await readProcessState(host, pid))?.state === 'D'
}
