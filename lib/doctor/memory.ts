/** Memory: a volume under writes needs it to get rid of data, and so do the daemons that keep its paths up. */
import { attempt } from '../linux/attempt.js'
import { ownPid } from '../linux/processes.js'
import { type CheckContext, type Finding, type HostCheck, ok, seen, unknown, warning } from '../operation/host-check.js'

const MIB = 1024 * 1024
/** With less, the kernel waits for memory in the midst of I/O, and its OOM killer may end a daemon. */
const LEAST_MIB = 128
/** An attach of many volumes, with its helper processes, takes about so much. */
const LEAST_IN_GROUP_MIB = 32
const CGROUPS = '/sys/fs/cgroup'

export const memoryChecks: readonly HostCheck[] = [
  {
    id: 'host.memory',
    group: 'host',
    title: 'memory is left for I/O, daemons and this process',
    reads: '`/proc/meminfo`, `memory.max` of the own control group',
    run: memory,
  },
]

async function memory(context: CheckContext): Promise<Finding> {
  const file = '/proc/meminfo'
  const kib = /^MemAvailable:\s+([0-9]+) kB/m.exec((await context.host.files.read(file)) ?? '')?.[1]
  if (kib === undefined) return unknown(`${file} shows no available memory`)
  const available = Math.floor(Number(kib) / 1024)
  const group = await ownGroup(context)
  const evidence = [
    seen(`${file} MemAvailable`, `${available} MiB`),
    ...(group === undefined ? [] : [seen(`${group.directory}/memory.max`, `${group.freeMib} MiB are free of ${group.limitMib} MiB`)]),
  ]
  if (available < LEAST_MIB)
    return warning(
      `Only ${available} MiB of memory are available: I/O waits for memory, and the kernel may end iscsid, multipathd or this process`,
      evidence,
      'Find out what takes the memory (ps -eo rss,comm --sort -rss), and end it or add memory',
    )
  if (group !== undefined && group.freeMib < LEAST_IN_GROUP_MIB)
    return warning(
      `This process may take only ${group.freeMib} MiB more: its control group is almost full`,
      evidence,
      "Raise the limit of its control group (MemoryMax= of the unit, the container's memory limit)",
    )
  return ok(`${available} MiB of memory are available`, evidence)
}

interface Group {
  readonly directory: string
  readonly limitMib: number
  readonly freeMib: number
}
/** cgroup version 2 only (Documentation/admin-guide/cgroup-v2.rst). In a container, the path may not be that of the host. */
async function ownGroup({ host }: CheckContext): Promise<Group | undefined> {
  const groups = await attempt(host.files.read(`/proc/${(await ownPid(host)) ?? 'self'}/cgroup`))
  const path = /^0::(\/.*)$/m.exec(groups ?? '')?.[1]
  if (path === undefined || path.split('/').includes('..')) return undefined
  const directory = path === '/' ? CGROUPS : `${CGROUPS}${path}`
  const [limit, used] = await Promise.all(['memory.max', 'memory.current'].map((name) => attempt(host.files.read(`${directory}/${name}`))))
  if (!isNumber(limit) || !isNumber(used)) return undefined
  return { directory, limitMib: Math.floor(Number(limit) / MIB), freeMib: Math.floor((Number(limit) - Number(used)) / MIB) }
}
/** `max` stands for no limit. */
function isNumber(text: string | undefined): boolean {
  return text !== undefined && /^[0-9]+$/.test(text)
}
