import type { DeviceMapperRequest, DeviceMapperStatus, NewMap } from '../../core/host.js'
import { kernelError } from '../errno.js'
import type { FileTree } from '../files/file-tree.js'
import type { BlockDevice } from '../block/block-device.js'
import type { BlockDevices } from '../block/block-devices.js'
import type { LowestFree } from '../block/numbers.js'
import type { Base } from '../machine/base.js'
import type { Users } from '../machine/users.js'
import { cookie } from './cookie.js'
import { DmMap } from './dm-map.js'
import { layMap, layPaths } from './dm-sysfs.js'
import { StackedDevices } from './stacked.js'
import type { NewStackedDevice, StackedDevice } from './stacked-device.js'
import { devicesIn, statusLine, tableLine } from './table.js'

export interface NewTable {
  readonly paths: readonly BlockDevice[]
  readonly sectors: number
  readonly queueing: boolean
}

interface Parts {
  readonly blocks: BlockDevices
  readonly users: Users
  /** Minor numbers of device-mapper's devices. */
  readonly minors: LowestFree
  /** Called at once when a map is removed. */
  readonly onRemoved: (map: DmMap) => void
}

/** device-mapper, as far as multipath needs it, and the linear devices of other programs. */
export class DeviceMapper {
  readonly #base: Base
  readonly #parts: Parts
  readonly #maps = new Set<DmMap>()
  readonly #stacked: StackedDevices

  constructor(base: Base, parts: Parts) {
    this.#base = base
    this.#parts = parts
    this.#stacked = new StackedDevices(base, parts)
  }
  /** All multipath maps, in the order in which they were created. */
  all(): DmMap[] {
    return [...this.#maps]
  }
  /** The map with this UUID: `mpath-36001405…`. */
  byUuid(uuid: string): DmMap | undefined {
    return this.all().find((map) => map.uuid === uuid)
  }
  /** The map of this name: `dm-0`, or the name that it was given. */
  named(name: string): DmMap | undefined {
    return this.all().find((map) => map.name === name || map.block.name === name)
  }
  /** The map that this block device is, if it is one. */
  mapOf(block: BlockDevice): DmMap | undefined {
    return this.all().find((map) => map.block === block)
  }
  /** Whether the device is a path of some map, which has it open exclusively. */
  holds(block: BlockDevice): boolean {
    return this.all().some((map) => map.pathTo(block) !== undefined)
  }

  /** The linear devices over this one: partition maps, logical volumes. @internal */
  stackedOn(block: BlockDevice): StackedDevice[] {
    return this.#stacked.over(block)
  }
  /** The linear device that this block device is, if it is one. @internal */
  stackedDevice(block: BlockDevice): StackedDevice | undefined {
    return this.#stacked.of(block)
  }
  /** Creates a linear device over another one. @internal */
  stack(device: NewStackedDevice): StackedDevice | 'EBUSY' {
    return this.#stacked.make(device)
  }
  /** As `kpartx -u`: creates a linear device for each partition that has none yet. @internal */
  addPartitionMaps({ name, uuid, block }: DmMap): void {
    for (const [index] of (block.volume()?.partitions ?? []).entries())
      this.#stacked.make({ name: `${name}-part${index + 1}`, uuid: `part${index + 1}-${uuid}`, over: block, partition: index + 1 })
  }
  /** As multipath-tools do before they remove a map: removes its partition maps, if no one has one of them open. @internal */
  removePartitionMaps({ uuid, block }: DmMap): 'removed' | 'busy' {
    const maps = this.stackedOn(block).filter((each) => /^part[0-9]+-/.test(each.uuid) && each.uuid.endsWith(uuid))
    if (maps.some((each) => this.#parts.users.openCount(each.block) > 0)) return 'busy'
    for (const each of maps) this.#stacked.remove(each)
    return 'removed'
  }
  /** The removal that the kernel port offers. @internal */
  removeByUuid(uuid: string): 'removed' | 'busy' | 'gone' {
    const [map, stacked] = [this.byUuid(uuid), this.#stacked.byUuid(uuid)]
    if (stacked !== undefined) return this.#stacked.remove(stacked)
    return map === undefined ? 'gone' : this.remove(map)
  }

  /** Creates a map with a live table. @internal */
  create(name: string, uuid: string, table: NewTable): DmMap | 'EBUSY' | 'EINVAL' {
    if (this.all().some((map) => map.name === name || map.uuid === uuid)) return 'EBUSY'
    const refused = this.#refusal(undefined, table)
    if (refused !== undefined) return refused
    const map = new DmMap(this.#base, this.#parts.blocks, { name, uuid, minor: this.#parts.minors.take() })
    this.#maps.add(map)
    layMap(this.#sysfs, map)
    this.#load(map, table, 'create')
    return map
  }
  /** Creates a map as the ioctls do, from a table in the kernel's format. @internal */
  createFromTable({ name, uuid, sectors, parameters }: NewMap): 'created' | 'busy' {
    const devices = devicesIn(parameters)
    const paths = devices?.map((device) => this.#parts.blocks.all().find((block) => block.device === device))
    if (paths === undefined || paths.length === 0) throw kernelError('EINVAL', 'ioctl(DM_TABLE_LOAD)', uuid)
    if (paths.includes(undefined)) throw kernelError('ENXIO', 'ioctl(DM_TABLE_LOAD)', uuid)
    const created = this.create(name, uuid, {
      paths: paths.filter((path) => path !== undefined),
      sectors,
      queueing: parameters.startsWith('1 queue_if_no_path '),
    })
    if (created === 'EINVAL') throw kernelError('EINVAL', 'ioctl(DM_TABLE_LOAD)', uuid)
    return created === 'EBUSY' ? 'busy' : 'created'
  }
  /** Loads another table into a map. @internal */
  reload(map: DmMap, table: NewTable): 'done' | 'EBUSY' | 'EINVAL' {
    const refused = this.#refusal(map, table)
    if (refused !== undefined) return refused
    this.#load(map, table, 'reload')
    return 'done'
  }
  /** Removes the map, unless someone has it open. @internal */
  remove(map: DmMap): 'removed' | 'busy' {
    const { blocks, users, minors, onRemoved } = this.#parts
    if (users.openCount(map.block) > 0) return 'busy'
    const before = map.paths.map(({ block }) => block)
    layPaths(this.#sysfs, map, before, [])
    this.#maps.delete(map)
    map.remove()
    blocks.remove(map.directory, map.block)
    minors.free(map.minor)
    for (const block of before) users.closed(block)
    onRemoved(map)
    return 'removed'
  }
  /** The ioctls that the kernel port offers. @internal */
  query({ uuid, command }: DeviceMapperRequest): DeviceMapperStatus | undefined {
    const map = this.byUuid(uuid)
    const stacked = this.#stacked.byUuid(uuid)
    if (stacked !== undefined && command === 'status') return this.#statusOf(stacked)
    if (map === undefined) return undefined
    if (typeof command === 'object') this.#message(map, command.message)
    return {
      name: map.name,
      uuid,
      device: map.block.device,
      openCount: this.#parts.users.openCount(map.block),
      suspended: map.suspended,
      readOnly: this.#parts.blocks.isReadOnly(map.block),
      targets: targets(map, command),
      // The kernel puts each device that a table opens at the front of the list.
      dependencies: command === 'deps' ? map.paths.map(({ block }) => block.device).reverse() : [],
    }
  }

  #statusOf({ name, uuid, block }: StackedDevice): DeviceMapperStatus {
    const target = { start: 0, length: block.sectors(), type: 'linear', parameters: '' }
    const openCount = this.#parts.users.openCount(block)
    return {
      name,
      uuid,
      device: block.device,
      openCount,
      suspended: false,
      readOnly: block.readOnly(),
      targets: [target],
      dependencies: [],
    }
  }
  #message(map: DmMap, message: string): void {
    const [word, device, ...more] = message.split(' ')
    const path = map.paths.find(({ block }) => block.device === device)
    if (word === 'fail_if_no_path' && device === undefined) map.queueing = false
    else if (word === 'queue_if_no_path' && device === undefined) map.queueing = true
    else if (more.length > 0 || (word !== 'fail_path' && word !== 'reinstate_path'))
      throw this.#base.ledger.unknown(`the message ${JSON.stringify(message)} to a multipath target`)
    else if (path === undefined) throw kernelError('EINVAL', 'ioctl', map.name)
    else if (word === 'fail_path') map.fail(path)
    else map.reinstate(path)
  }
  #refusal(map: DmMap | undefined, { paths, sectors }: NewTable): 'EBUSY' | 'EINVAL' | undefined {
    for (const block of paths) {
      if (map?.pathTo(block) === undefined && (!block.live || this.#parts.users.exclusive(block))) return 'EBUSY'
      if (block.sectors() < sectors) return 'EINVAL'
    }
    return undefined
  }
  #load(map: DmMap, { paths, sectors, queueing }: NewTable, how: 'create' | 'reload'): void {
    const before = map.paths.map(({ block }) => block)
    map.load(paths, sectors, queueing)
    layPaths(this.#sysfs, map, before, paths)
    for (const block of before) if (!paths.includes(block)) this.#parts.users.closed(block)
    this.#parts.blocks.event('change', map.directory, map.block, { DM_COOKIE: cookie(how, paths.length > 0) })
    this.#base.pathsChanged()
  }
  get #sysfs(): { readonly tree: FileTree; readonly blocks: BlockDevices } {
    return { tree: this.#base.tree, blocks: this.#parts.blocks }
  }
}

function targets({ table }: DmMap, command: DeviceMapperRequest['command']): DeviceMapperStatus['targets'] {
  if (command !== 'status' && command !== 'table') return []
  const parameters = command === 'status' ? statusLine(table) : tableLine(table)
  return [{ start: 0, length: table.sectors, type: 'multipath', parameters }]
}
