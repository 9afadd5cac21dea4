import type { BlockDevice } from '../block/block-device.js'
import { diskDevice, diskName } from '../block/numbers.js'
import type { Volume } from '../storage/volume.js'
import type { Changes } from './changes.js'
import { type Nexus, targetDirectory } from './nexus.js'
import { type Pages, pagesOf } from './pages.js'

const SECTOR_BYTES = 512
/** The page cache reads at least this much. */
const PAGE_BYTES = 4096

/** The kernel's state of a SCSI disk. */
export type DiskState = 'running' | 'blocked' | 'offline' | 'transport-offline' | 'cancel' | 'deleted'

/** A LUN that the kernel has found. */
export interface FoundLun {
  readonly nexus: Nexus
  readonly lun: number
  readonly volume: Volume
  readonly sgIndex: number
}

/** A SCSI device of the kernel, as the kernel read it when it found the LUN. The LUN may show something else now. */
export class ScsiDisk {
  /** The nexus over which the kernel found it. */
  readonly nexus: Nexus
  /** L of H:C:I:L. */
  readonly lun: number
  /** 2 of `/dev/sg2`. */
  readonly sgIndex: number
  /** `3:0:0:1` */
  readonly hctl: string
  /** The directory of its scsi_device in sysfs. */
  readonly directory: string
  /** Wakes those who wait for a change of the nexus or of its disks. @internal */
  readonly changes: Changes
  /** INQUIRY data and VPD pages as the kernel read them. @internal */
  pages: Pages
  /** The size as the kernel read it. */
  sectors: number
  /** The write protection in the mode page, as the kernel read it. */
  readOnly: boolean
  /** The attribute `state`. */
  state: DiskState = 'running'
  /** The attribute `timeout`, in seconds. */
  timeout = '30'
  /** Its block device; `undefined` until sd has found the disk. */
  block: BlockDevice | undefined
  /** 0 for `sda`. */
  sdIndex: number | undefined
  /** Settles when the disk is gone; `undefined` until its removal begins. */
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
  /** Whether the kernel still has the SCSI device. */
  get present(): boolean {
    return this.state !== 'deleted'
  }
  /** The volume that a command reaches now. */
  liveVolume(): Volume | undefined {
    return this.nexus.volumeAt(this.lun)
  }
  /** Whether sd creates a block device for it. */
  get isDisk(): boolean {
    return this.pages.inquiry[0] === 0
  }
  /**
   * Reads the identity and the size again, as a write to `rescan` does, but not the device type. Returns whether the size has changed.
   * @internal
   */
  reread(): boolean {
    const volume = this.liveVolume()
    if (volume === undefined) return false
    const before = this.sectors
    this.pages = { ...pagesOf(volume, this.nexus.names), inquiry: this.pages.inquiry }
    this.sectors = volume.sizeBytes / SECTOR_BYTES
    return this.sectors !== before
  }
  /** sd has found the disk: creates its block device, which is not live yet. @internal */
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
      if (this.state === 'running' && this.nexus.answers() && this.nexus.carries?.(PAGE_BYTES) !== false)
        return this.liveVolume() === undefined ? 'EIO' : 'ok'
      await this.changes.next()
    }
  }
}
