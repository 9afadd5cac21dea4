/** Device-mapper multipath maps in sysfs. Finds them by their paths and their uuid, never by name. */
import type { Host } from '../../core/host.js'
import { NEVER } from '../../core/light-signal.js'
import { SharedQuery } from '../../core/shared-query.js'
import { until } from '../../core/signal.js'
import type { PlanChild, PlanNode, Tree } from '../../core/tree.js'
import { type BlockDevice, blockDeviceIn, blockDevicePlan, readBlockDevice } from '../block/device.js'
import { linksIn, namesIn } from '../sysfs.js'
import { PATH_MEMBER, type PathMember, pathMemberIn } from './members.js'

const PREFIX = 'mpath-'

export interface MultipathMap {
  readonly block: BlockDevice
  readonly name: string
  /** `mpath-36001405…` */
  readonly uuid: string
  /** Names of the path devices in the map. */
  readonly slaves: readonly string[]
  readonly suspended: boolean
}

export function mapUuid(wwid: string): string {
  return `${PREFIX}${wwid}`
}

/** The map that has this disk as a path; `undefined` when there is none. */
export async function mapOver(host: Host, disk: string, signal: AbortSignal): Promise<MultipathMap | undefined> {
  return (await readPaths(host, [disk], signal)).first?.map
}

export interface PathStates {
  /** `state` of each disk's SCSI device. Omits disks that are gone. */
  readonly states: ReadonlyMap<string, string>
  /** `active/optimized`, `standby`, … of each disk, if the kernel knows it. */
  readonly accessStates: ReadonlyMap<string, string>
  /** The first disk that is a path of a map, and that map. */
  readonly first: { readonly disk: string; readonly map: MultipathMap } | undefined
  /** Disks with another device than a multipath map built on them or on one of their partitions. No map can contain them. */
  readonly built: readonly string[]
  /** Names of all maps that contain one of the disks. */
  readonly maps: readonly string[]
  /** The disks that are there and not being removed, if they are asked for. */
  readonly members: readonly PathMember[]
}
interface Asked {
  /** Name of a map that is read with the disks; `undefined`: the map over the first disk is. */
  readonly name?: string | undefined
  /** Whether to read the disks as members too. Default: false. */
  readonly members?: boolean
}
/** The states of these disks as paths, and the maps that contain them. */
export async function readPaths(
  host: Host,
  disks: readonly string[],
  signal: AbortSignal,
  { name: expected, members = false }: Asked = {},
): Promise<PathStates> {
  const followed = expected === undefined ? disks[0] : undefined
  const children = disks.map((disk) => ({ pattern: disk, follow: true, node: pathPlan(disk, disk === followed, members) }))
  const plan = {
    root: '/sys/class/block',
    node: { children: [...children, ...(expected === undefined ? [] : [blockDevicePlan(expected)])] },
  }
  const tree = await host.kernel.readTree(plan, signal)
  const texts = (attribute: string) =>
    new Map(
      tree.children().flatMap((disk) => {
        const text = disk.text(attribute)
        return text === undefined || text === '' ? [] : [[disk.name, text] as const]
      }),
    )
  const maps = new Map<string, MultipathMap>()
  const built: string[] = []
  let first: PathStates['first']
  for (const disk of disks.flatMap((name) => tree.child(name) ?? [])) {
    const partitions = disk.children(`${disk.name}*`).filter((each) => each.text('partition') !== undefined)
    if (partitions.some((each) => namesIn(each, 'holders').length > 0)) built.push(disk.name)
    for (const name of namesIn(disk, 'holders')) {
      const read =
        name === expected ? tree.child(name) : disk.name === followed && isMapped(name) ? disk.child('holders')?.child(name) : undefined
      const device = maps.has(name) ? undefined : read === undefined ? await readBlockDevice(host, name, signal) : blockDeviceIn(read)
      const map = maps.get(name) ?? mapIn(device)
      if (map !== undefined) maps.set(name, map)
      else if (device !== undefined) built.push(disk.name)
      if (map !== undefined) first ??= { disk: disk.name, map }
    }
  }
  const all = members ? disks.flatMap((name) => pathMemberIn(tree.child(name)) ?? []) : []
  return {
    states: texts('device/state'),
    accessStates: texts('device/access_state'),
    first,
    built,
    maps: [...maps.keys()],
    members: all,
  }
}
const holders = linksIn('holders')
const MAPPED = 'dm-*'
const isMapped = (name: string) => name.startsWith('dm-')
/** Enters what is built on the disk, if it is a device-mapper device. */
const mapsIn: PlanChild = {
  pattern: 'holders',
  node: { children: [blockDevicePlan(MAPPED), { pattern: '*', follow: true, node: {} }] },
}
const pathPlan = (disk: string, follows: boolean, isMember: boolean): PlanNode => ({
  attributes: ['device/state', 'device/access_state', ...(isMember ? PATH_MEMBER.filter((each) => each !== 'device/state') : [])],
  children: [follows ? mapsIn : holders, { pattern: `${disk}*`, node: { attributes: ['partition'], children: [holders] } }],
})

/** Reads a map by its device name (`dm-3`); `undefined` for other devices. */
export async function readMap(host: Host, name: string, signal: AbortSignal): Promise<MultipathMap | undefined> {
  return mapIn(await readBlockDevice(host, name, signal))
}
function mapIn(block: BlockDevice | undefined): MultipathMap | undefined {
  if (block?.dm?.uuid.startsWith(PREFIX) !== true) return undefined
  return { block, ...block.dm }
}

/** The map of a WWID, with or without paths. */
export async function mapOfWwid(host: Host, wwid: string, signal: AbortSignal): Promise<MultipathMap | undefined> {
  return await mapOfUuid(host, mapUuid(wwid), signal)
}
/** The map with this uuid, with or without paths. */
export async function mapOfUuid(host: Host, uuid: string, signal: AbortSignal): Promise<MultipathMap | undefined> {
  const entry = (await mappedDevices(host, signal)).find((each) => each.text('dm/uuid') === uuid)
  return entry === undefined ? undefined : await readMap(host, entry.name, signal)
}
/** All maps, with or without paths. */
export async function readMaps(host: Host, signal: AbortSignal): Promise<MultipathMap[]> {
  const entries = (await mappedDevices(host, signal)).filter((each) => each.text('dm/uuid')?.startsWith(PREFIX) === true)
  const maps = await Promise.all(entries.map(({ name }) => readMap(host, name, signal)))
  return maps.filter((map) => map !== undefined)
}
const queries = new WeakMap<Host, SharedQuery<readonly Tree[]>>()
/** Callers that ask at the same time share a query that began after they asked. */
async function mappedDevices(host: Host, signal: AbortSignal): Promise<readonly Tree[]> {
  const plan = { root: '/sys/block', node: { children: [{ pattern: 'dm-*', follow: true, node: { attributes: ['dm/uuid'] } }] } }
  const query = queries.get(host) ?? new SharedQuery(host.clock, async () => (await host.kernel.readTree(plan, NEVER)).children())
  queries.set(host, query)
  return await until(query.ask(), signal)
}
