/**
 * Finds the process of multipathd. Does not depend on the places of its pid file and socket, which differ between distributions and
 * containers.
 */
import { isBrickworkError } from '../../core/errors.js'
import type { Host } from '../../core/host.js'
import { NEVER } from '../../core/light-signal.js'
import { SharedQuery } from '../../core/shared-query.js'

const NAME = 'multipathd'
/** Pid files of distributions. They are read first, which makes a search of /proc unnecessary. */
const PID_FILES = ['/run/multipathd.pid', '/run/multipathd/multipathd.pid'] as const

const named = { where: { attribute: 'comm', among: [NAME] }, node: {} } as const
const processes = {
  root: '/proc',
  node: { children: [1, 2, 3, 4, 5, 6, 7, 8, 9].map((digit) => ({ pattern: `${digit}*`, ...named })) },
} as const

export interface Daemon {
  readonly pid: string
  /** A process that has ended, but is still listed, has none. */
  readonly commandLine: string
}
interface Known {
  daemon: Daemon | undefined
  readonly query: SharedQuery<Daemon | undefined>
}
const known = new WeakMap<Host, Known>()

/**
 * Whether a multipathd runs, by the host's /proc. The socket does not answer that: systemd may hold it, and a connection would start the
 * daemon. A daemon that is stopped by SIGSTOP counts as running.
 */
export async function multipathdRuns(host: Host): Promise<boolean> {
  return (await multipathdProcess(host)) !== undefined
}

/** The process of multipathd; `undefined` when none runs. */
export async function multipathdProcess(host: Host): Promise<Daemon | undefined> {
  const state = known.get(host) ?? { daemon: undefined, query: new SharedQuery(host.clock, () => search(host)) }
  known.set(host, state)
  const { daemon } = state
  if (daemon !== undefined && (await readProcess(host, daemon.pid, 'cmdline')) === daemon.commandLine) return daemon
  state.daemon = await state.query.ask()
  return state.daemon
}

async function search(host: Host): Promise<Daemon | undefined> {
  for (const pid of await host.files.readFiles(PID_FILES)) {
    const daemon = await daemonOf(host, pid?.trim() ?? '')
    if (daemon !== undefined) return daemon
  }
  // The pid file of a daemon in a container has its pid in that container's namespace.
  for (const { name } of (await host.kernel.readTree(processes, NEVER)).children()) {
    const daemon = await daemonOf(host, name)
    if (daemon !== undefined) return daemon
  }
  return undefined
}

/** A process of root with this name that is not a client. */
async function daemonOf(host: Host, pid: string): Promise<Daemon | undefined> {
  if (!/^[1-9][0-9]*$/.test(pid) || (await readProcess(host, pid, 'comm')) !== NAME) return undefined
  const commandLine = (await readProcess(host, pid, 'cmdline')) ?? ''
  const [program, ...words] = commandLine.split('\0').filter((word) => word !== '')
  const isDaemon = program !== undefined && !isClient(words) && (await host.files.stat(`/proc/${pid}`))?.uid === 0
  return isDaemon ? { pid, commandLine } : undefined
}
/** A client has `-k`, or a command after its options (multipathd/main.c). `-v` is followed by a number. */
function isClient(words: readonly string[]): boolean {
  return words.some((word) => /^-[a-zA-Z]*k/.test(word) || /^[^-0-9]/.test(word))
}
/** `undefined` also for a process that ends during the read (ESRCH). */
async function readProcess(host: Host, pid: string, file: string): Promise<string | undefined> {
  try {
    return await host.files.read(`/proc/${pid}/${file}`)
  } catch (error) {
    if (isBrickworkError(error, 'ERR_KERNEL')) return undefined
    throw error
  }
}
