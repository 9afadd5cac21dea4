import type { BlockDevice } from '../block/block-device.js'
import type { Volume } from '../storage/volume.js'
import type { Ids, Path } from './path.js'
import type { Subsystem } from './subsystem.js'

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
