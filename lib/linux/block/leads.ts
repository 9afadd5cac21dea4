/** All nodes through which a device can be used: the device, its partitions, and the partition maps that kpartx created on a map. */
import type { Host } from '../../core/host.js'
import type { Tree } from '../../core/tree.js'
import type { Holder } from '../../api/attachment.js'
import { linksIn, namesIn } from '../sysfs.js'
import type { BlockDevice } from './device.js'

/**
 * A partition map. An unused one is not a user of the device: it is removed with its map (kpartx, `-part`; libmultipath, `partmap_in_use`).
 */
export interface PartitionMap {
  /** `dm-3` */
  readonly name: string
  /** `253:3` */
  readonly device: string
  /** `part1-mpath-36001405…` */
  readonly uuid: string
}
/** A user of a device, and the number of the node that it uses. */
export interface Found {
  readonly holder: Holder
  readonly on: string
  /** How many times the user has the node open, to compare with device-mapper's count. */
  readonly opens: number
}
export interface Leads {
  /** The device first, then its partitions and its partition maps. */
  readonly nodes: readonly { readonly name: string; readonly device: string }[]
  readonly partitionMaps: readonly PartitionMap[]
  /** Other devices built on any of the nodes: logical volumes, md, other maps. */
  readonly built: readonly Found[]
}

export async function readLeads(host: Host, device: BlockDevice, signal: AbortSignal): Promise<Leads> {
  const below = [device, ...device.partitions]
  const nodes = below.map(({ name, device: number }) => ({ name, device: number }))
  const above = await readHolders(
    host,
    below.flatMap(({ holders }) => holders),
    signal,
  )
  const partitionMaps: PartitionMap[] = []
  const built: Found[] = []
  for (const { device: on, holders } of below)
    for (const name of holders) {
      const tree = above.get(name)
      const map = tree === undefined ? undefined : partitionMapIn(tree, device)
      if (map === undefined) built.push({ holder: describeBuilt(name, tree), on, opens: 1 })
      else partitionMaps.push(map)
    }
  const onMaps = partitionMaps.flatMap((map) => {
    const tree = above.get(map.name)
    return tree === undefined ? [] : namesIn(tree, 'holders').map((name) => ({ name, on: map.device }))
  })
  const further = await readHolders(
    host,
    onMaps.map(({ name }) => name),
    signal,
  )
  built.push(...onMaps.map(({ name, on }) => ({ holder: describeBuilt(name, further.get(name)), on, opens: 1 })))
  return { nodes: [...nodes, ...partitionMaps.map(({ name, device: number }) => ({ name, device: number }))], partitionMaps, built }
}

async function readHolders(host: Host, names: readonly string[], signal: AbortSignal): Promise<ReadonlyMap<string, Tree>> {
  if (names.length === 0) return new Map()
  const node = { attributes: ['dev', 'dm/name', 'dm/uuid'], children: [linksIn('holders')] }
  const children = [...new Set(names)].map((pattern) => ({ pattern, follow: true, node }))
  const tree = await host.kernel.readTree({ root: '/sys/class/block', node: { children } }, signal)
  return new Map(tree.children().map((each) => [each.name, each]))
}

function partitionMapIn(tree: Tree, { dm }: BlockDevice): PartitionMap | undefined {
  const [uuid, device] = [tree.text('dm/uuid'), tree.text('dev')]
  if (dm === undefined || dm.uuid === '' || uuid === undefined || device === undefined) return undefined
  const [, whole] = /^part[0-9]+-(.+)$/.exec(uuid) ?? []
  return whole === dm.uuid ? { name: tree.name, device, uuid } : undefined
}

function describeBuilt(name: string, tree: Tree | undefined): Holder {
  const [dmName, uuid] = [tree?.text('dm/name'), tree?.text('dm/uuid')]
  const where = `/dev/${name}`
  if (dmName === undefined) return { kind: 'device', where }
  return { kind: 'device', where, name: uuid?.startsWith('LVM-') === true ? logicalVolume(dmName) : dmName }
}
/** `vg-root`, `my--vg-data` → `vg/root`, `my-vg/data`. Hyphens within a name are doubled (lvm(8), dm_build_dm_name). */
function logicalVolume(dmName: string): string {
  const [, group, volume] = /^((?:[^-]|--)+)-(?!-)(.+)$/.exec(dmName) ?? []
  if (group === undefined || volume === undefined) return dmName
  return [group, volume].map((part) => part.replaceAll('--', '-')).join('/')
}
