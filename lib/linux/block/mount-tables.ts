/** The mounts of every mount namespace of the host (proc_pid_mountinfo(5)). Each namespace is read through one of its processes. */
import type { Host } from '../../core/host.js'
import { NEVER } from '../../core/light-signal.js'
import { SharedQuery } from '../../core/shared-query.js'
import { until } from '../../core/signal.js'
import { attempt } from '../attempt.js'

export interface MountTables {
  readonly tables: readonly MountTable[]
  /** What could not be read, as text for messages. */
  readonly unseen: readonly string[]
}
export interface MountTable {
  /** The process of this namespace through which the table was read. */
  readonly pid: number
  readonly mountinfo: string
}

const namespaces = { root: '/proc', node: { children: [{ pattern: '*', node: { links: ['ns/mnt'] } }] } } as const

/**
 * The host's first process. Its mounts may be readable although the link to its namespace is not. The processes of its namespace then appear
 * as another one, with the same mounts.
 */
const FIRST = 1

/** During an attach storm, callers that ask at the same time share one query. */
const queries = new WeakMap<Host, SharedQuery<MountTables>>()

export async function readMountTables(host: Host, signal: AbortSignal): Promise<MountTables> {
  const query = queries.get(host) ?? new SharedQuery(host.clock, () => readTables(host))
  queries.set(host, query)
  return await until(query.ask(), signal)
}

async function readTables(host: Host): Promise<MountTables> {
  const { members, refused } = await readNamespaces(host)
  const read = await Promise.all(members.map((pids) => readThroughOne(host, pids)))
  const unseen = refused + read.filter((table) => table === 'refused').length
  return {
    tables: read.filter((table) => typeof table === 'object'),
    unseen:
      unseen === 0
        ? []
        : [unseen === 1 ? 'mount namespace of 1 process (no permission)' : `mount namespaces of ${unseen} processes (no permission)`],
  }
}

/** The processes of each namespace by ascending pid: the oldest are likely to live longest. */
async function readNamespaces(host: Host): Promise<{ members: number[][]; refused: number }> {
  const tree = await host.kernel.readTree(namespaces, NEVER)
  const processes = tree.children().flatMap((each) => (/^[0-9]+$/.test(each.name) ? [{ pid: Number(each.name), tree: each }] : []))
  const members = new Map<string, number[]>()
  let refused = 0
  for (const { pid, tree: of } of processes.sort((a, b) => a.pid - b.pid)) {
    // Without a link, the process has ended or may not be read.
    const namespace = of.link('ns/mnt') ?? (await attempt(host.files.readLink(`/proc/${pid}/ns/mnt`)))
    if (namespace === 'refused' && pid === FIRST) members.set('of the first process', [pid])
    else if (namespace === 'refused') refused += 1
    else if (namespace !== undefined) members.set(namespace, [...(members.get(namespace) ?? []), pid])
  }
  return { members: [...members.values()], refused }
}

/** Processes end during the query: then reads through another process of the namespace. `refused` when no process of it may be read. */
async function readThroughOne(host: Host, pids: readonly number[]): Promise<MountTable | 'refused' | 'gone'> {
  let refused = false
  for (const pid of pids) {
    const mountinfo = await attempt(host.files.read(`/proc/${pid}/mountinfo`))
    if (mountinfo === 'refused') refused = true
    else if (mountinfo !== undefined) return { pid, mountinfo }
  }
  return refused ? 'refused' : 'gone'
}

export async function commandOf(host: Host, pid: number): Promise<{ command?: string }> {
  const name = await attempt(host.files.read(`/proc/${pid}/comm`))
  return name === undefined || name === 'refused' ? {} : { command: name }
}
