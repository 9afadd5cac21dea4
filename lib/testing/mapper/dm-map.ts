import type { BlockDevice } from '../block/block-device.js'
import type { BlockDevices } from '../block/block-devices.js'
import type { Base } from '../machine/base.js'
import type { Volume } from '../storage/volume.js'
import type { Table, TablePath } from './table.js'

export interface MapName {
  readonly name: string
  /** `mpath-36001405…` */
  readonly uuid: string
  readonly minor: number
}
/** The major number of device-mapper, on a machine whose virtio disks took 254. */
export const DM_MAJOR = 253

/** A multipath device of the kernel: its paths, which of them work, and where I/O goes. */
export class DmMap {
  /** The name in `/dev/mapper`. */
  readonly name: string
  /** `mpath-36001405…` */
  readonly uuid: string
  /** 0 of `dm-0`. */
  readonly minor: number
  /** The map as a block device. */
  readonly block: BlockDevice
  /** `/sys/devices/virtual/block/dm-0` */
  readonly directory: string
  readonly #base: Base
  readonly #blocks: BlockDevices
  #table: Table = { sectors: 0, groups: [], queueing: false, current: 0, readOnly: false }
  #waiting: (() => void)[] = []
  #suspended = false
  #events = 0
  /** Whether the map was removed. */
  gone = false

  constructor(base: Base, blocks: BlockDevices, { name, uuid, minor }: MapName) {
    this.#base = base
    this.#blocks = blocks
    this.name = name
    this.uuid = uuid
    this.minor = minor
    this.directory = `/sys/devices/virtual/block/dm-${minor}`
    this.block = {
      name: `dm-${minor}`,
      device: `${DM_MAJOR}:${minor}`,
      node: `/dev/mapper/${name}`,
      live: true,
      sectors: () => this.#table.sectors,
      readOnly: () => this.#table.readOnly,
      volume: () => this.#volume(),
      io: () => this.#io(),
      takesWrites: () => this.block.live && this.paths.some(({ active, block }) => active && block.takesWrites()),
    }
  }
  /** The live table. @internal */
  get table(): Table {
    return this.#table
  }
  /** The paths of the live table, one in each group. */
  get paths(): readonly TablePath[] {
    return this.#table.groups
  }
  /** How many paths work, as far as the kernel knows. */
  get activePaths(): number {
    return this.paths.filter(({ active }) => active).length
  }
  /** Whether I/O waits, as after `dmsetup suspend`. */
  get suspended(): boolean {
    return this.#suspended
  }
  /** Suspends the map, or resumes it. */
  set suspended(on: boolean) {
    this.#suspended = on
    this.#changed()
  }
  /** Whether I/O waits when no path works (queue_if_no_path). */
  set queueing(on: boolean) {
    this.#table.queueing = on
    this.#changed()
  }
  /** The path over this device, if the table has it. */
  pathTo(block: BlockDevice): TablePath | undefined {
    return this.paths.find((path) => path.block === block)
  }
  /** Replaces the table. To the kernel, every path of the new table works. @internal */
  load(blocks: readonly BlockDevice[], sectors: number, queueing: boolean): void {
    const readOnly = blocks.some((block) => block.readOnly())
    const groups = blocks.map((block): TablePath => ({ block, active: true, failures: 0 }))
    this.#table = { sectors, groups, queueing, current: 0, readOnly }
    this.#changed()
  }
  /** Fails a path, and announces that. */
  fail(path: TablePath): void {
    if (!path.active || !this.paths.includes(path)) return
    path.active = false
    path.failures += 1
    this.#announce('PATH_FAILED', path)
  }
  /** Reinstates a failed path, and announces that. */
  reinstate(path: TablePath): void {
    if (path.active || !this.paths.includes(path)) return
    path.active = true
    this.#announce('PATH_REINSTATED', path)
  }
  /** The map is removed: all I/O fails. @internal */
  remove(): void {
    this.gone = true
    this.block.live = false
    this.#changed()
  }

  /** Sends I/O to a working path. A path on which it fails is marked, and the next one is tried. */
  async #io(): Promise<'ok' | 'EIO'> {
    for (;;) {
      const path = this.#choose()
      if (this.gone || (path === undefined && !this.#suspended && !this.#table.queueing)) return 'EIO'
      if (this.#suspended || path === undefined) await new Promise<void>((resolve) => void this.#waiting.push(resolve))
      else if ((await path.block.io()) === 'ok') return 'ok'
      else this.fail(path)
    }
  }
  /** The current group, for as long as its path works: I/O doesn't return to an earlier group by itself. */
  #choose(): TablePath | undefined {
    const { groups, current } = this.#table
    if (groups[current]?.active === true) return groups[current]
    const next = groups.findIndex(({ active }) => active)
    if (next >= 0) this.#table.current = next
    return groups[next]
  }
  #volume(): Volume | undefined {
    return (this.#choose() ?? this.paths[0])?.block.volume()
  }
  #announce(action: 'PATH_FAILED' | 'PATH_REINSTATED', path: TablePath): void {
    this.#events += 1
    this.#blocks.event('change', this.directory, this.block, {
      DM_TARGET: 'multipath',
      DM_ACTION: action,
      DM_SEQNUM: String(this.#events),
      DM_PATH: path.block.device,
      DM_NR_VALID_PATHS: String(this.activePaths),
      DM_NAME: this.name,
      DM_UUID: this.uuid,
    })
    this.#changed()
    this.#base.pathsChanged()
  }
  #changed(): void {
    for (const resolve of this.#waiting.splice(0)) resolve()
  }
}
