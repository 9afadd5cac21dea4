/** The processes of the host, read in one go (proc_pid_stat(5)). */
import type { Host } from '../core/host.js'
import type { Plan } from '../core/tree.js'
import { parseProcessState, type ProcessState } from './process-state.js'

export interface Process extends ProcessState {
  readonly pid: number
  readonly parent: number
  /** At most 15 characters. */
  readonly command: string
}

const processes: Plan = {
  root: '/proc',
  node: { children: [1, 2, 3, 4, 5, 6, 7, 8, 9].map((digit) => ({ pattern: `${digit}*`, node: { attributes: ['stat'] } })) },
}

/** By ascending pid. Processes that end during the query may be missing. */
export async function readProcesses(host: Host, signal: AbortSignal): Promise<readonly Process[]> {
  const tree = await host.kernel.readTree(processes, signal)
  return tree
    .children()
    .flatMap((each) => parseProcess(each.text('stat') ?? '') ?? [])
    .sort((a, b) => a.pid - b.pid)
}

/** `4711 (dd) D 1 …`: the name may contain any character, also brackets. */
export function parseProcess(text: string): Process | undefined {
  const state = parseProcessState(text)
  const [, pid, command, parent] = /^([0-9]+) \(([^]*)\) \S ([0-9]+) /.exec(text) ?? []
  return state === undefined || pid === undefined || command === undefined
    ? undefined
    : { ...state, pid: Number(pid), parent: Number(parent), command }
}

/** The process id of this process in the host's /proc. `undefined` when that /proc does not show this process. */
export async function ownPid(host: Host): Promise<string | undefined> {
  return await host.files.readLink('/proc/self')
}
