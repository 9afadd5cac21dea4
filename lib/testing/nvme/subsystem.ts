/** A subsystem of the kernel, its namespaces, and their paths: three objects that point at each other. */
import type { BlockDevice } from '../block/block-device.js'
import { LowestFree } from '../block/numbers.js'
import type { Volume } from '../storage/volume.js'
import { type Ids, idsOf, sectorsOf } from './ids.js'
import type { AnaState, Namespace, NvmeTarget } from './targets.js'

export type ControllerState = 'new' | 'live' | 'resetting' | 'connecting' | 'deleting' | 'deleting (no IO)' | 'dead'
/** What a subsystem and its namespaces ask of one of their controllers. */
export interface Member {
  readonly instance: number
  readonly name: string
  readonly directory: string
  readonly state: ControllerState
  readonly isEnding: boolean
  /** By number of the namespace. */
  readonly paths: Map<number, Path>
  /** States of ANA groups as the kernel read them last. */
  readonly ana: ReadonlyMap<number, AnaState>
  answers(): boolean
  target(): NvmeTarget | undefined
}

/** The kernel's subsystem: all controllers with one NQN. */
export class Subsystem {
  readonly nqn: string
  /** Number of its first controller, which may be gone. The kernel gives it to no other controller as long as the subsystem exists. */
  readonly instance: number
  readonly oneController: boolean
  readonly controllers = new Set<Member>()
  /** Heads that a scan can find, by number of the namespace. */
  readonly heads = new Map<number, Head>()
  /** Heads without a path that somebody still has open. They keep the subsystem. */
  readonly openHeads = new Set<Head>()
  readonly numbers = new LowestFree()
  ioPolicy = 'numa'

  constructor(nqn: string, instance: number, oneController: boolean) {
    this.nqn = nqn
    this.instance = instance
    this.oneController = oneController
    this.numbers.reserve(0)
  }
  get name(): string {
    return `nvme-subsys${this.instance}`
  }
  get directory(): string {
    return `/sys/devices/virtual/nvme-subsystem/${this.name}`
  }
}

/** What a head needs of the machine. */
export interface HeadParts {
  /** Number of the block device, which stays taken until the last user closes it. */
  readonly minor: number
  /** Resolves when any path may have changed. */
  readonly change: () => Promise<void>
  /** Waits as long as one access takes. */
  readonly oneAccess: () => Promise<void>
}

/** A namespace of a subsystem: the block device that combines its paths. It is live as soon as one path was accessible. */
export class Head implements BlockDevice {
  readonly subsystem: Subsystem
  /** N of `nvmeSnN`: lowest free number of the subsystem. It is not the number of the namespace. */
  readonly instance: number
  readonly nsid: number
  readonly ids: Ids
  readonly device: string
  readonly character: string
  readonly paths = new Set<Path>()
  sectorCount: number
  live = false
  /** Whether the device was ever added. */
  added = false
  readonly #parts: HeadParts

  constructor(subsystem: Subsystem, instance: number, nsid: number, ids: Ids, sectors: number, parts: HeadParts) {
    this.subsystem = subsystem
    this.instance = instance
    this.nsid = nsid
    this.ids = ids
    this.sectorCount = sectors
    this.device = `259:${parts.minor * 16}`
    this.character = `239:${parts.minor}`
    this.#parts = parts
  }
  get name(): string {
    return `nvme${this.subsystem.instance}n${this.instance}`
  }
  get node(): string {
    return `/dev/${this.name}`
  }
  /** A namespace of a subsystem that can have only one controller is a device of that controller. */
  get directory(): string {
    const [only] = this.subsystem.oneController ? this.paths : []
    return `${only === undefined ? this.subsystem.directory : only.controller.directory}/${this.name}`
  }
  sectors(): number {
    return this.sectorCount
  }
  readOnly(): boolean {
    return false
  }
  /** The path that I/O takes now: an optimized one before others. */
  path(): Path | undefined {
    const usable = [...this.paths].filter((path) => path.isUsable)
    return usable.find(({ anaState }) => anaState === 'optimized') ?? usable[0]
  }
  volume(): Volume | undefined {
    return this.path()?.reached()?.volume
  }
  /** Waits while a path may come back, and fails when none can (drivers/nvme/host/multipath.c, nvme_available_path). */
  async io(): Promise<'ok' | 'EIO'> {
    for (;;) {
      const path = this.path()
      if (path?.controller.answers() === true) {
        await this.#parts.oneAccess()
        return path.reached() === undefined ? 'EIO' : 'ok'
      }
      if (![...this.paths].some(({ controller }) => !controller.isEnding)) return 'EIO'
      await this.#parts.change()
    }
  }
  takesWrites(): boolean {
    return this.path()?.controller.answers() === true
  }
}

/** A namespace at one controller, as the kernel has it: with the identifiers and the size that it read last. */
export class Path {
  readonly controller: Member
  readonly nsid: number
  readonly ids: Ids
  readonly group: number
  readonly head: Head
  sectors: number

  constructor(controller: Member, nsid: number, namespace: Namespace, head: Head) {
    this.controller = controller
    this.nsid = nsid
    this.ids = idsOf(namespace)
    this.group = namespace.group
    this.head = head
    this.sectors = sectorsOf(namespace)
  }
  /** `nvme0c1n1`: the subsystem's number, the controller's, the head's. */
  get name(): string {
    const { subsystem, instance } = this.head
    return `nvme${subsystem.instance}c${this.controller.instance}n${instance}`
  }
  get directory(): string {
    return `${this.controller.directory}/${this.name}`
  }
  get anaState(): string {
    return this.controller.ana.get(this.group) ?? 'invalid state'
  }
  get isAccessible(): boolean {
    return this.anaState === 'optimized' || this.anaState === 'non-optimized'
  }
  /** Whether the head may send I/O this way (drivers/nvme/host/multipath.c, nvme_path_is_disabled). */
  get isUsable(): boolean {
    return this.controller.state === 'live' && this.isAccessible && this.sectors === this.head.sectorCount
  }
  /** The namespace that an access reaches now: whatever the target has under this number. */
  reached(): Namespace | undefined {
    return this.controller.target()?.namespaces.get(this.nsid)
  }
}
