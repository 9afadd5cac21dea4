/** What goes on on the host: udev's queue, processes that the kernel does not let go, limits. */
import { type Process, ownPid } from '../linux/processes.js'
import { attempt } from '../linux/attempt.js'
import { readProcessState } from '../linux/process-state.js'
import { allProcesses } from '../operation/check-facts.js'
import { type CheckContext, type Finding, type HostCheck, note, ok, seen, unknown, warning } from '../operation/host-check.js'
import type { Host } from '../core/host.js'

/** A queue that is not empty for so long has an event whose rule hangs. */
const QUEUE_MS = 30_000
/** A process that waits for a disk is in state D for some milliseconds only. */
const STUCK_AFTER_MS = 100
const FEWEST_FILES = 1024
const MOST_SHOWN = 5

export const activityChecks: readonly HostCheck[] = [
  {
    id: 'host.udev',
    group: 'host',
    title: 'udevd runs',
    reads: '`/run/udev/control`',
    run: async ({ host }) => {
      const file = '/run/udev/control'
      return (await host.files.stat(file)) === undefined
        ? warning(
            'udevd does not run: devices get no links, and no rules of LVM and multipath run',
            [seen(file, undefined)],
            "Start it (systemctl start systemd-udevd); in a container, mount the host's /run/udev",
          )
        : ok('udevd runs', [seen(file, 'present')])
    },
  },
  {
    id: 'host.udev-queue',
    group: 'host',
    title: "udev's queue empties",
    reads: '`/run/udev/queue`',
    run: udevQueue,
  },
  {
    id: 'host.stuck-processes',
    group: 'host',
    title: 'no process waits in the kernel',
    reads: '`/proc/*/stat`, `/proc/PID/wchan`',
    run: stuckProcesses,
  },
  {
    id: 'host.hung-tasks',
    group: 'host',
    title: 'a device that does not answer cannot crash the kernel',
    reads: '`/proc/sys/kernel/hung_task_panic`, `hung_task_timeout_secs`',
    run: hungTasks,
  },
  {
    id: 'host.open-files',
    group: 'host',
    title: 'this process may open enough files',
    reads: '`/proc/self/limits`',
    run: openFiles,
  },
]

async function udevQueue(context: CheckContext): Promise<Finding> {
  const { host } = context
  const file = '/run/udev/queue'
  const stat = await host.files.stat(file)
  if (stat === undefined) return ok('udev has processed every event', [seen(file, 'absent: the queue is empty')])
  const ageMs = host.clock.wallMs() - stat.modifiedMs
  const evidence = [seen(file, `not empty for ${Math.round(ageMs / 1000)} s`)]
  if (ageMs < QUEUE_MS) return ok('udev is processing events', evidence)
  const workers = (await context.once(allProcesses)).filter(({ command }) => /^(systemd-udevd|\(?udev-worker\)?)/.test(command))
  const waiting = workers.filter(({ state }) => state === 'D').map(({ pid }) => seen(`/proc/${pid}/stat`, 'a worker of udev in state D'))
  return warning(
    `udev has not finished its events for ${Math.round(ageMs / 1000)} s: a rule hangs`,
    [...evidence, ...waiting],
    'Find the event (udevadm monitor, journalctl -u systemd-udevd) and the device that its rule reads',
  )
}

async function stuckProcesses(context: CheckContext): Promise<Finding> {
  const { host, signal } = context
  const all = await context.once(allProcesses)
  const waiting = all.filter(({ state }) => state === 'D')
  const source = '/proc/*/stat'
  if (waiting.length === 0) return ok('No process is in state D', [seen(source, `${all.length} processes`)])
  await host.clock.sleep(STUCK_AFTER_MS, signal)
  const still = (await Promise.all(waiting.map(async (each) => ((await isStill(host, each)) ? [each] : [])))).flat()
  if (still.length === 0) return ok('No process stays in state D', [seen(source, `${all.length} processes`)])
  const evidence = await Promise.all(still.slice(0, MOST_SHOWN).map((each) => describe(host, each)))
  return warning(
    `${still.length} ${still.length === 1 ? 'process waits' : 'processes wait'} in the kernel (state D): ${still
      .slice(0, MOST_SHOWN)
      .map(({ pid, command }) => `${command} (${pid})`)
      .join(', ')}`,
    evidence,
    `Find the device or mount that does not answer (cat /proc/${still[0]?.pid ?? 'PID'}/stack, dmesg)`,
  )
}
async function isStill(host: Host, { pid, startTime }: Process): Promise<boolean> {
  const now = await readProcessState(host, pid)
  return now?.state === 'D' && now.startTime === startTime
}
async function describe(host: Host, { pid, command }: Process) {
  const place = await attempt(host.files.read(`/proc/${pid}/wchan`))
  const where = place === undefined || place === 'refused' || place === '' || place === '0' ? '' : ` in ${place}`
  return seen(`/proc/${pid}/stat`, `${command} D${where}`)
}

async function hungTasks({ host }: CheckContext): Promise<Finding> {
  const [panic, seconds] = ['/proc/sys/kernel/hung_task_panic', '/proc/sys/kernel/hung_task_timeout_secs'] as const
  const [value, limit] = await Promise.all([host.files.read(panic), host.files.read(seconds)])
  const evidence = [seen(panic, value), seen(seconds, limit)]
  if (value === undefined) return note('This kernel does not detect hung tasks', evidence)
  return value === '0' || limit === '0'
    ? ok('The kernel does not panic because of a hung task', evidence)
    : warning(
        `The kernel panics when a process waits ${limit ?? '?'} s for a device`,
        evidence,
        'Unless the panic is wanted, switch it off (sysctl -w kernel.hung_task_panic=0, and the same in /etc/sysctl.d)',
      )
}

async function openFiles({ host }: CheckContext): Promise<Finding> {
  const file = `/proc/${(await ownPid(host)) ?? 'self'}/limits`
  const limit = /^Max open files\s+(\S+)/m.exec((await host.files.read(file)) ?? '')?.[1]
  if (limit === undefined) return unknown(`${file} shows no limit of open files`)
  const evidence = [seen(`${file} Max open files`, limit)]
  return limit !== 'unlimited' && Number(limit) < FEWEST_FILES
    ? warning(
        `This process may open only ${limit} files`,
        evidence,
        `Raise the limit to ${FEWEST_FILES} or more (LimitNOFILE= of the unit)`,
      )
    : ok(`This process may open ${limit} files`, evidence)
}
