/** Mounts of a device, in any mount namespace: by its number, by what it is mounted from, and of its node itself. */
import type { Host } from '../../core/host.js'
import type { Plan } from '../../core/tree.js'
import type { Holder } from '../../api/attachment.js'
import type { Found, Leads } from './leads.js'
import { type MountEntry, parseMountinfo } from './mountinfo.js'
import { commandOf, readMountTables } from './mount-tables.js'
import { followPath } from './node-paths.js'

/** File systems over several devices, or of the kernel alone, have a number of their own (unnamed_dev_init). */
const ANONYMOUS = /^0:/
/** What `/dev` is. A bind mount of a node shows as a part of it. */
const DEVTMPFS = 'devtmpfs'

export async function mountsOf(
  host: Host,
  { nodes }: Pick<Leads, 'nodes'>,
  signal: AbortSignal,
): Promise<{ readonly found: readonly Found[]; readonly unseen: readonly string[] }> {
  const { tables, unseen } = await readMountTables(host, signal)
  const entries = tables.flatMap(({ pid, mountinfo }) => parseMountinfo(mountinfo).map((entry) => ({ pid, entry })))
  const devices = await devicesBehind(
    host,
    entries.map(({ entry }) => entry),
    signal,
  )
  const found: Found[] = []
  for (const { pid, entry } of entries) {
    const node = nodes.find(({ name, device }) => isOn(entry, name, device, devices))
    if (node === undefined) continue
    const holder: Holder = { kind: 'mount', where: entry.where, pid, ...(await commandOf(host, pid)) }
    // However often it is mounted, a file system opens its device once; a bind mount of the node opens nothing.
    const again = found.some(({ on, opens }) => on === node.device && opens > 0)
    found.push({ holder, on: node.device, opens: again || entry.fsType === DEVTMPFS ? 0 : 1 })
  }
  return { found, unseen }
}

function isOn(entry: MountEntry, name: string, device: string, devices: ReadonlyMap<string, readonly string[]>): boolean {
  if (entry.fsType === DEVTMPFS) return entry.root === `/${name}`
  return entry.number === device || (ANONYMOUS.test(entry.number) && devices.get(entry.source)?.includes(device) === true)
}

/** Numbers of the devices that file systems with numbers of their own are mounted from, by source. Of btrfs all its devices. */
async function devicesBehind(
  host: Host,
  entries: readonly MountEntry[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const anonymous = entries.filter(({ number, source }) => ANONYMOUS.test(number) && source.startsWith('/'))
  const sources = [...new Set(anonymous.map(({ source }) => source))]
  if (sources.length === 0) return new Map()
  const groups = await btrfsDevices(host, signal)
  const behind = sources.map(async (source): Promise<[string, readonly string[]]> => {
    // bcachefs names all its devices, with colons between them.
    const targets = await Promise.all(source.split(':').map((path) => followPath(host, path, signal)))
    const devices = targets.flatMap((target) => (typeof target === 'object' ? [target.device] : []))
    return [source, [...devices, ...groups.filter((group) => group.some((each) => devices.includes(each))).flat()]]
  })
  return new Map(await Promise.all(behind))
}

/** Numbers of the devices of each btrfs that is mounted (fs/btrfs/sysfs.c). */
async function btrfsDevices(host: Host, signal: AbortSignal): Promise<string[][]> {
  const tree = await host.kernel.readTree(btrfs, signal)
  return tree.children().map((system) => (system.child('devices')?.children() ?? []).flatMap((each) => each.text('dev') ?? []))
}
const btrfs: Plan = {
  root: '/sys/fs/btrfs',
  node: {
    children: [
      {
        pattern: '*',
        node: { children: [{ pattern: 'devices', node: { children: [{ pattern: '*', follow: true, node: { attributes: ['dev'] } }] } }] },
      },
    ],
  },
}
