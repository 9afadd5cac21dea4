import type { BlockDevice } from '../block/block-device.js'
import type { BlockDevices } from '../block/block-devices.js'
import type { LowestFree } from '../block/numbers.js'
import type { Base } from '../machine/base.js'
import type { Users } from '../machine/users.js'
import { cookie } from './cookie.js'
import { DM_MAJOR } from './dm-map.js'
import type { NewStackedDevice, StackedDevice } from './stacked-device.js'

interface Parts {
  readonly blocks: BlockDevices
  readonly users: Users
  /** Minor numbers of device-mapper's devices. */
  readonly minors: LowestFree
}

/** The linear targets of device-mapper. Each has the device below it open, exclusively for all users but device-mapper itself. */
export class StackedDevices {
  readonly #base: Base
  readonly #parts: Parts
  readonly #devices = new Set<StackedDevice>()

  constructor(base: Base, parts: Parts) {
    this.#base = base
    this.#parts = parts
  }
  /** The devices that are made of this one. */
  over(block: BlockDevice): StackedDevice[] {
    return [...this.#devices].filter((each) => each.over === block)
  }
  /** The device with this UUID. */
  byUuid(uuid: string): StackedDevice | undefined {
    return [...this.#devices].find((each) => each.uuid === uuid)
  }
  /** The linear device that this block device is. */
  of(block: BlockDevice): StackedDevice | undefined {
    return [...this.#devices].find((each) => each.block === block)
  }
  /** Creates a device. `EBUSY`: the name or the UUID exists, or another user has the device below it exclusively. */
  make({ name, uuid, over, partition = over.partition, minor, sectors }: NewStackedDevice): StackedDevice | 'EBUSY' {
    const { blocks, users, minors } = this.#parts
    if ([...this.#devices].some((each) => each.name === name || each.uuid === uuid) || users.exclusive(over)) return 'EBUSY'
    if (minor !== undefined) minors.reserve(minor)
    const number = minor ?? minors.take()
    const block = linear(over, { name, minor: number, partition, sectors })
    const device: StackedDevice = { name, uuid, over, block, minor: number }
    this.#devices.add(device)
    const directory = directoryOf(device)
    const diskseq = blocks.lay(directory, block)
    const { tree } = this.#base
    for (const [file, text] of Object.entries({ 'dm/name': name, 'dm/uuid': uuid, 'dm/suspended': '0' }))
      tree.file(`${directory}/${file}`, text)
    const below = tree.find(`/sys/class/block/${over.name}`)?.path ?? `/sys/class/block/${over.name}`
    tree.relativeLink(`${directory}/slaves/${over.name}`, below)
    tree.relativeLink(`${below}/holders/${block.name}`, directory)
    blocks.event('add', directory, block, { DISKSEQ: diskseq })
    blocks.event('change', directory, block, { DM_COOKIE: cookie('create', true) })
    return device
  }
  /** Removes a device, unless someone has it open. */
  remove(device: StackedDevice): 'removed' | 'busy' {
    const { blocks, users, minors } = this.#parts
    if (users.openCount(device.block) > 0) return 'busy'
    this.#devices.delete(device)
    this.#base.tree.remove(`/sys/class/block/${device.over.name}/holders/${device.block.name}`)
    blocks.remove(directoryOf(device), device.block)
    minors.free(device.minor)
    users.closed(device.over)
    return 'removed'
  }
}

const directoryOf = ({ block }: StackedDevice) => `/sys/devices/virtual/block/${block.name}`

interface Linear {
  readonly name: string
  readonly minor: number
  readonly partition: number | undefined
  readonly sectors: number | undefined
}
function linear(over: BlockDevice, { name, minor, partition, sectors }: Linear): BlockDevice {
  return {
    name: `dm-${minor}`,
    device: `${DM_MAJOR}:${minor}`,
    node: `/dev/mapper/${name}`,
    ...(partition === undefined ? {} : { partition }),
    live: true,
    sectors: () => sectors ?? over.sectors(),
    readOnly: () => over.readOnly(),
    volume: () => over.volume(),
    io: () => over.io(),
    takesWrites: () => over.takesWrites(),
  }
}
