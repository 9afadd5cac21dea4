/** Combines the facts from all sources into devices that refer to each other. */
import type { Tree } from '../../core/tree.js'
import type { AttachmentOwner, BlockDeviceNode, MountNode, PathNode, ScsiDeviceNode, UdevNode } from '../../api/topology.js'
import type { PathCheck } from '../multipath/path-checks.js'
import type { BlockFacts } from './block.js'
import { DeviceNode } from './device-node.js'
import { transportOf, typeOf } from './kind.js'
import type { MapFacts, Maps } from './maps.js'
import type { MountedFileSystem } from './mounts.js'
import type { NvmeTopology } from './nvme.js'
import { type RecordedPath, udevOf } from './udev.js'

export interface Sources {
  readonly blocks: BlockIndex
  readonly scsi: ReadonlyMap<string, Omit<ScsiDeviceNode, 'block'>>
  /** Page 0x83 of SCSI devices, by SCSI address. */
  readonly pages: ReadonlyMap<string, Uint8Array>
  readonly nvme: NvmeTopology
  /** Drivers of SCSI hosts, by number. */
  readonly drivers: ReadonlyMap<number, string>
  /** multipathd's data about paths, by name of the disk. */
  readonly checks: ReadonlyMap<string, PathCheck>
  readonly mounts: readonly MountedFileSystem[]
  readonly swaps: ReadonlySet<string>
  readonly ownersOf: OwnersOf
}
/** Owners of a device. Supplied by the caller, who knows the attachments. */
export type OwnersOf = (device: Pick<BlockDeviceNode, 'name' | 'diskseq' | 'wwid' | 'dmUuid'>) => readonly AttachmentOwner[]

const MULTIPATH = 'mpath-'
export function isMultipath({ dm }: BlockFacts): boolean {
  return dm?.uuid.startsWith(MULTIPATH) === true
}

/** Most lists of most devices are empty. */
const NONE: readonly never[] = Object.freeze([])

/** Relations between block devices. Filled part by part, as the parts are read. */
export class BlockIndex {
  /** Kernel names, by device number. */
  readonly names = new Map<string, string>()
  /** Names of partitions, by the number of their disk. */
  readonly partitions = new Map<string, string[]>()
  /** Names of holders, by the name of the device that they are built on. */
  readonly holders = new Map<string, string[]>()
  /** By uuid of the map. */
  readonly maps = new Map<string, MapFacts>()
  /** Kernel names of device-mapper devices, by their device-mapper name. */
  readonly #mapped = new Map<string, string>()
  /** Device numbers, by kernel name. */
  readonly #numbers = new Map<string, string>()
  /** By device number, with the part of udev's database that covers the device. */
  readonly #described = new Map<string, { readonly facts: BlockFacts; readonly records: Tree }>()

  add(facts: readonly BlockFacts[], records: Tree, maps: Maps['maps']): void {
    for (const each of facts) {
      const { name, number, diskNumber, slaves, dm } = each
      this.names.set(number, name)
      this.#described.set(number, { facts: each, records })
      this.#numbers.set(name, number)
      if (diskNumber !== undefined) addTo(this.partitions, diskNumber, name)
      for (const slave of slaves) addTo(this.holders, slave, name)
      if (dm !== undefined) this.#mapped.set(dm.name, name)
    }
    for (const [uuid, map] of maps) this.maps.set(uuid, map)
  }
  /** udev's facts about the device, if its record is about this device. */
  udev(number: string, pages: Sources['pages']): UdevNode | undefined {
    const [found, path] = [this.#described.get(number), this.#path(number, pages)]
    if (found === undefined || path === undefined) return undefined
    const below = found.facts.dm === undefined ? [] : found.facts.slaves
    return udevOf(
      path.records,
      path.device,
      below.flatMap((name) => this.#path(this.#numbers.get(name) ?? '', pages) ?? []),
    )
  }
  /** For a partition, the identity is that of its disk. */
  #path(number: string, pages: Sources['pages']): RecordedPath | undefined {
    const found = this.#described.get(number)
    if (found === undefined) return undefined
    const { facts, records } = found
    const { diskseq, parent = '' } = this.#described.get(facts.diskNumber ?? number)?.facts ?? facts
    const dm = facts.dm === undefined ? undefined : { ...facts.dm, slaves: facts.slaves }
    return { device: { device: number, diskseq, dm, vpd83: pages.get(parent) }, records }
  }
  /** `/dev/sda`, `/dev/mapper/data` */
  nameOf(node: string): string | undefined {
    const [, mapped, plain] = /^\/dev\/(?:mapper\/(.+)|([^/]+))$/.exec(node) ?? []
    if (mapped !== undefined) return this.#mapped.get(mapped)
    return plain !== undefined && this.#numbers.has(plain) ? plain : undefined
  }
}
function addTo<T>(groups: Map<string, T[]>, key: string, each: T): void {
  const group = groups.get(key)
  if (group === undefined) groups.set(key, [each])
  else group.push(each)
}

/**
 * Returns a function that describes one device. Callers use it for one device after another, so that a long list can be produced in parts.
 */
export function describer(sources: Sources): (facts: BlockFacts) => BlockDeviceNode {
  const { blocks, scsi, pages, nvme, drivers, checks, swaps, ownersOf } = sources
  const mounts = mountsByName(sources.mounts, blocks)
  const sorted = (names: readonly string[] | undefined) => (names === undefined ? NONE : [...names].sort())
  const pathsOf = (facts: BlockFacts): readonly PathNode[] => {
    if (!isMultipath(facts)) return nvme.namespaces.get(facts.name)?.paths ?? NONE
    const status = blocks.maps.get(facts.dm?.uuid ?? '')?.status
    if (status === undefined) return facts.slaves.map((name) => ({ name, ...checks.get(name) }))
    return status.paths.map(({ device, active, group, failures }) => {
      const name = blocks.names.get(device) ?? device
      return { name, state: active ? 'active' : 'failed', group, failures, ...checks.get(name) }
    })
  }
  const udevOf = (number: string) => blocks.udev(number, pages)
  return (facts) => {
    const { name, number, dm, diskseq, partition, diskNumber, backingFile, logicalBlockSize } = facts
    // A partition has the device number of its disk, which is another entry.
    const disk = diskNumber === undefined ? undefined : blocks.names.get(diskNumber)
    const below = partition === undefined ? scsi.get(facts.parent ?? '') : undefined
    const namespace = nvme.namespaces.get(name)
    const wwid = below?.wwid ?? facts.wwid ?? (isMultipath(facts) ? dm?.uuid.slice(MULTIPATH.length) : undefined)
    const serial = below?.serial ?? facts.serial
    const transport = transportOf(facts, below, drivers)
    const map = isMultipath(facts) ? blocks.maps.get(dm?.uuid ?? '')?.settings : undefined
    // One field after another: objects that are spread into each other were half of the time of a topology's JavaScript.
    const node = DeviceNode.of(number, udevOf)
    node.name = name
    node.device = `/dev/${name}`
    node.number = number
    node.type = typeOf(facts, below)
    if (transport !== undefined) node.transport = transport
    node.sizeBytes = facts.sizeBytes
    node.readOnly = facts.readOnly
    if (diskseq !== undefined) node.diskseq = diskseq
    if (logicalBlockSize !== undefined) node.logicalBlockSize = logicalBlockSize
    if (partition !== undefined) node.partition = partition
    if (disk !== undefined) node.disk = disk
    node.partitions = partition === undefined ? sorted(blocks.partitions.get(number)) : NONE
    if (below !== undefined) {
      node.hctl = below.hctl
      if (below.session !== undefined) node.session = below.session
      if (below.remotePort !== undefined) node.remotePort = below.remotePort
    }
    if (wwid !== undefined) node.wwid = wwid
    if (serial !== undefined) node.serial = serial
    if (namespace !== undefined)
      node.nvme = { ...known({ subsystem: namespace.subsystem, namespace: facts.nsid }), controllers: namespace.controllers }
    if (dm !== undefined) {
      node.dmName = dm.name
      node.dmUuid = dm.uuid
      node.dmSuspended = dm.suspended
    }
    if (backingFile !== undefined) node.backingFile = backingFile
    if (map !== undefined) node.map = map
    node.paths = pathsOf(facts)
    node.holders = sorted(blocks.holders.get(name))
    node.slaves = facts.slaves
    node.mounts = mounts.get(name) ?? NONE
    node.swap = swaps.has(node.device)
    node.attachments = ownersOf(node)
    return node
  }
}

/** By device number. For a file system with an anonymous number (btrfs), by the device that it was mounted from. */
function mountsByName(mounts: readonly MountedFileSystem[], blocks: BlockIndex): ReadonlyMap<string, readonly MountNode[]> {
  const groups = new Map<string, MountNode[]>()
  for (const { number, source, mount } of mounts) {
    const name = number.startsWith('0:') ? blocks.nameOf(source) : blocks.names.get(number)
    if (name !== undefined) addTo(groups, name, mount)
  }
  return groups
}

type Known<T> = { -readonly [K in keyof T]?: Exclude<T[K], undefined> }
/** The fields that have a value. */
function known<T extends object>(fields: T): Known<T> {
  const found: Known<T> = {}
  for (const field in fields) {
    const value = fields[field]
    if (value !== undefined) found[field] = value as Exclude<T[typeof field], undefined>
  }
  return found
}
