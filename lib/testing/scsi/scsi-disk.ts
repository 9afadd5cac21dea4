import type { BlockDevice } from '../block/block-device.js'
import { diskDevice, diskName } from '../block/numbers.js'
import type { Volume } from '../storage/volume.js'
import type { Changes } from './changes.js'
import { type Nexus, targetDirectory } from './nexus.js'
import { type Pages, pagesOf } from './pages.js'

const SECTOR_BYTES = 512

export type DiskState = 'running' | 'blocked' | 'offline' | 'transport-offline' | 'cancel' | 'deleted'

/** A LUN that the kernel has found. */
export interface FoundLun {
  readonly nexus: Nexus
  readonly lun: number
  readonly volume: Volume
  readonly sgIndex: number
}

/** A SCSI device of the kernel: what it read when it found the LUN, which is not always what the LUN says now. */
export class ScsiDisk {
  readonly nexus: Nexus
  readonly lun: number
  readonly sgIndex: number
  /** `3:0:0:1` */
  readonly hctl: string
  /** Of the scsi_device. */
  readonly directory: string
  /** Changes of the nexus and of its disks. */
  readonly changes: Changes
  pages: Pages
  sectors: number
  /** As the mode page said when the kernel read it. */
  readOnly: boolean
  state: DiskState = 'running'
  timeout = '30'
  block: BlockDevice | undefined
  sdIndex: number | undefined
  removal: Promise<void> | undefined

  constructor({ nexus, lun, volume, sgIndex }: FoundLun, changes: Changes) {
    this.nexus = nexus
    this.lun = lun
    this.sgIndex = sgIndex
    this.changes = changes
    this.hctl = `${nexus.host.number}:${nexus.channel}:${nexus.targetId}:${lun}`
    this.directory = `${targetDirectory(nexus)}/${this.hctl}`
    this.pages = pagesOf(volume, nexus.names)
    this.sectors = volume.sizeBytes / SECTOR_BYTES
    this.readOnly = nexus.isWriteProtected?.(lun) === true
  }
  get present(): boolean {
    return this.state !== 'deleted'
  }
  /** The volume that a command reaches now. */
  liveVolume(): Volume | undefined {
    return this.nexus.volumeAt(this.lun)
  }
  /** Reads the identity and the size again, as a write to `rescan` does. Answers whether the size has changed. */
  reread(): boolean {
    const volume = this.liveVolume()
    if (volume === undefined) return false
    const before = this.sectors
    this.pages = pagesOf(volume, this.nexus.names)
    this.sectors = volume.sizeBytes / SECTOR_BYTES
    return this.sectors !== before
  }
  newBlock(sdIndex: number): BlockDevice {
    this.sdIndex = sdIndex
    const name = diskName(sdIndex)
    this.block = {
      name,
      device: diskDevice(sdIndex),
      node: `/dev/${name}`,
      hctl: this.hctl,
      live: false,
      sectors: () => this.sectors,
      readOnly: () => this.readOnly,
      volume: () => this.liveVolume(),
      io: () => this.#io(),
      takesWrites: () => this.block?.live === true && this.state === 'running',
    }
    return this.block
  }
  /** I/O waits while the transport may come back, and fails when the kernel has given it up. */
  async #io(): Promise<'ok' | 'EIO'> {
    for (;;) {
      if (!this.present || this.state === 'offline' || this.state === 'transport-offline') return 'EIO'
      if (this.state === 'running' && this.nexus.answers()) return this.liveVolume() === undefined ? 'EIO' : 'ok'
      await this.changes.next()
    }
  }
}
