/**
 * Mounts of a device in any mount namespace. Recognizes the device's number, the source of the mount, and bind mounts of the device node.
 */
import type { Host } from '../../core/host.js'
import type { Plan } from '../../core/tree.js'
import type { Holder } from '../../api/attachment.js'
import type { Found, Leads } from './leads.js'
import { type MountEntry, parseMountinfo } from './mountinfo.js'
import { commandOf, readMountTables } from './mount-tables.js'
import { followPath } from './node-paths.js'

/** File systems over several devices, and those without a device, have anonymous numbers (unnamed_dev_init). */
const ANONYMOUS = /^0:/
/** File system type of `/dev`. A bind mount of a device node appears as a part of it. */
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
    // A file system opens its device once, no matter how often it is mounted. A bind mount of the node does not open it.
    const again = found.some(({ on, opens }) => on === node.device && opens > 0)
    found.push({ holder, on: node.device, opens: again || entry.fsType === DEVTMPFS ? 0 : 1 })
  }
  return { found, unseen }
}

function isOn(entry: MountEntry, name: string, device: string, devices: ReadonlyMap<string, readonly string[]>): boolean {
  if (entry.fsType === DEVTMPFS) return entry.root === `/${name}`
  return entry.number === device || (ANONYMOUS.test(entry.number) && devices.get(entry.source)?.includes(device) === true)
}

/** Device numbers behind mounts of file systems with anonymous numbers, by source. For btrfs, all of its devices. */
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
    // bcachefs names all its devices, separated by colons.
    const targets = await Promise.all(source.split(':').map((path) => followPath(host, path, signal)))
    const devices = targets.flatMap((target) => (typeof target === 'object' ? [target.device] : []))
    return [source, [...devices, ...groups.filter((group) => group.some((each) => devices.includes(each))).flat()]]
  })
  return new Map(await Promise.all(behind))
}

/** Device numbers of each mounted btrfs (fs/btrfs/sysfs.c). */
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
