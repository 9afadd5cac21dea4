/** Kills, freezes and restarts daemons of the host. */
import { readdir, readFile } from 'node:fs/promises'
import type { Daemon, DaemonState } from '../world.js'
import { startIscsid, until } from './guest.js'
import { startMultipathd } from './multipathd.js'
import { must } from './shell.js'

const NAMES: Readonly<Record<Daemon, string>> = { iscsid: 'iscsid', multipathd: 'multipathd', udevd: 'systemd-udevd' }
const SIGNALS = { killed: 'SIGKILL', frozen: 'SIGSTOP', thawed: 'SIGCONT' } as const

export async function setDaemon(daemon: Daemon, state: DaemonState): Promise<void> {
  if (state === 'started') {
    await start(daemon)
    return
  }
  const running = await pidsOf(NAMES[daemon])
  if (running.length === 0) throw new Error(`No ${daemon} runs`)
  if (daemon === 'iscsid' && state === 'killed') await betweenSessions(running)
  signal(running, SIGNALS[state])
  if (state === 'killed') await until(async () => (await pidsOf(NAMES[daemon])).length === 0, `${daemon} is gone`)
}
/**
 * If iscsid dies after it has created a session and before it has named it, the session stays in the kernel for ever. Neither the next
 * iscsid nor iscsiadm can end it, and so no program that depends on them can (docs/evidence/crash-tests.md). This function freezes iscsid
 * at another moment, so that it is not killed in this state.
 */
async function betweenSessions(pids: readonly number[]): Promise<void> {
  for (;;) {
    signal(pids, 'SIGSTOP')
    const sessions = await readdir('/sys/class/iscsi_session').catch(() => [])
    const names = await Promise.all(sessions.map((each) => readFile(`/sys/class/iscsi_session/${each}/targetname`, 'utf8').catch(() => '')))
    if (!names.some((name) => name.trim() === '(null)')) return
    signal(pids, 'SIGCONT')
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}
/** Makes iscsid and udevd run as after the guest's start. */
export async function restoreDaemons(): Promise<void> {
  for (const daemon of ['udevd', 'iscsid'] as const) {
    const running = await pidsOf(NAMES[daemon])
    signal(running, 'SIGCONT')
    if (running.length === 0) await start(daemon)
  }
}

async function start(daemon: Daemon): Promise<void> {
  if (daemon === 'iscsid') await startIscsid()
  else if (daemon === 'multipathd') await startMultipathd()
  else await must(['/lib/systemd/systemd-udevd', '--daemon'])
}
/** iscsid and udevd have child processes that may end in between. */
function signal(pids: readonly number[], name: NodeJS.Signals): void {
  for (const pid of pids)
    try {
      process.kill(pid, name)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
    }
}
/** A zombie counts as ended. */
async function pidsOf(name: string): Promise<number[]> {
  const found: number[] = []
  for (const pid of (await readdir('/proc')).filter((each) => /^\d+$/.test(each))) {
    const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')
    if (/^Name:\t(.*)$/m.exec(status)?.[1] === name && !/^State:\tZ/m.test(status)) found.push(Number(pid))
  }
  return found
}
