/** From what each source says to devices that know what they belong to. */
import type { Tree } from '../../core/tree.js'
import type {
  AttachmentMark,
  BlockPicture,
  DevicePicture,
  MountPicture,
  PathPicture,
  ScsiDevicePicture,
  UdevPicture,
} from '../../picture.js'
import type { MapStatus } from '../multipath/status.js'
import type { BlockFacts } from './block.js'
import type { MountedFileSystem } from './mounts.js'
import type { NvmePicture } from './nvme.js'
import { udevOf } from './udev.js'

export interface Sources {
  readonly facts: readonly BlockFacts[]
  readonly scsi: ReadonlyMap<string, Omit<ScsiDevicePicture, 'block'>>
  readonly nvme: NvmePicture
  /** By number: the part of the database that has it. */
  readonly udev: ReadonlyMap<string, Tree>
  readonly statuses: ReadonlyMap<string, MapStatus>
  readonly mounts: readonly MountedFileSystem[]
  readonly swaps: ReadonlySet<string>
  readonly marksOf: MarksOf
}
/** Whose a device is; told by who knows of attachments. */
export type MarksOf = (device: Pick<DevicePicture, 'name' | 'diskseq' | 'wwid' | 'dmUuid'>) => readonly AttachmentMark[]

const MULTIPATH = 'mpath-'
export function isMultipath({ dm }: BlockFacts): boolean {
  return dm?.uuid.startsWith(MULTIPATH) === true
}

/** Says what one device is; devices are asked for one after another, so that a long list can be made in parts. */
export function describer(sources: Sources): (facts: BlockFacts) => DevicePicture {
  const { facts: all, scsi, nvme, udev, statuses, swaps, marksOf } = sources
  const names = new Map(all.map(({ number, name }) => [number, name]))
  const partitions = grouped(
    all.filter(({ diskNumber }) => diskNumber !== undefined),
    (each) => [names.get(each.diskNumber ?? '') ?? ''],
  )
  const holders = grouped(all, ({ slaves }) => slaves)
  const mounts = mountsByName(sources.mounts, all, names)
  const pathsOf = (facts: BlockFacts): readonly PathPicture[] => {
    if (!isMultipath(facts)) return nvme.namespaces.get(facts.name)?.paths ?? []
    const status = statuses.get(facts.dm?.uuid ?? '')
    if (status === undefined) return facts.slaves.map((name) => ({ name }))
    return status.paths.map(({ device, active, group }) => ({
      name: names.get(device) ?? device,
      state: active ? 'active' : 'failed',
      group,
    }))
  }
  return (facts) => {
    const { name, number, dm, diskseq, partition, diskNumber, backingFile, logicalBlockSize } = facts
    // The number of a partition's link leads to its disk, which is another entry.
    const disk = diskNumber === undefined ? undefined : names.get(diskNumber)
    const below = partition === undefined ? scsi.get(facts.parent ?? '') : undefined
    const namespace = nvme.namespaces.get(name)
    const wwid = below?.wwid ?? facts.wwid ?? (isMultipath(facts) ? dm?.uuid.slice(MULTIPATH.length) : undefined)
    const serial = below?.serial ?? facts.serial
    const identity = { name, ...known({ diskseq, wwid, dmUuid: dm?.uuid }) }
    return {
      name,
      device: `/dev/${name}`,
      number,
      sizeBytes: facts.sizeBytes,
      readOnly: facts.readOnly,
      ...known({ diskseq, logicalBlockSize, partition, disk }),
      partitions: (partitions.get(name) ?? []).map((each) => each.name),
      ...(below === undefined ? {} : known({ hctl: below.hctl, session: below.session, remotePort: below.remotePort })),
      ...known({ wwid, serial }),
      ...(namespace === undefined
        ? {}
        : { nvme: { ...known({ subsystem: namespace.subsystem, namespace: facts.nsid }), controllers: namespace.controllers } }),
      ...(dm === undefined ? {} : { dmName: dm.name, dmUuid: dm.uuid, dmSuspended: dm.suspended }),
      ...known({ backingFile }),
      paths: pathsOf(facts),
      holders: (holders.get(name) ?? []).map((each) => each.name),
      slaves: facts.slaves,
      mounts: mounts.get(name) ?? [],
      swap: swaps.has(`/dev/${name}`),
      // Most of what udev knows is never asked for.
      get udev(): UdevPicture | undefined {
        const records = udev.get(number)
        return records === undefined ? undefined : udevOf(records, number)
      },
      attachments: marksOf(identity),
    }
  }
}

/** Block devices of SCSI devices, by address. */
export function blocksByAddress(devices: BlockPicture['devices']): ReadonlyMap<string, string> {
  return new Map(devices.flatMap(({ hctl, name }) => (hctl === undefined ? [] : [[hctl, name] as const])))
}

/** By each of its keys, in the order of the list. */
function grouped<T>(list: readonly T[], keysOf: (each: T) => readonly string[]): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>()
  for (const each of list)
    for (const key of keysOf(each)) {
      const group = groups.get(key)
      if (group === undefined) groups.set(key, [each])
      else group.push(each)
    }
  return groups
}

/** By number; where a file system has a number of its own (btrfs), by the device that it was mounted from. */
function mountsByName(
  mounts: readonly MountedFileSystem[],
  devices: readonly BlockFacts[],
  names: ReadonlyMap<string, string>,
): ReadonlyMap<string, readonly MountPicture[]> {
  const nodes = new Map<string, string>(
    devices.flatMap(({ name, dm }) => [
      [`/dev/${name}`, name] as const,
      ...(dm === undefined ? [] : [[`/dev/mapper/${dm.name}`, name] as const]),
    ]),
  )
  const groups = grouped(mounts, ({ number, source }) => {
    const name = number.startsWith('0:') ? nodes.get(source) : names.get(number)
    return name === undefined ? [] : [name]
  })
  return new Map([...groups].map(([name, list]) => [name, list.map(({ mount }) => mount)]))
}

type Known<T> = { -readonly [K in keyof T]?: Exclude<T[K], undefined> }
/** Those fields that have a value. */
function known<T extends object>(fields: T): Known<T> {
  const found: Known<T> = {}
  for (const field in fields) {
    const value = fields[field]
    if (value !== undefined) found[field] = value as Exclude<T[typeof field], undefined>
  }
  return found
}
