import type { BlockDevices } from './block/block-devices.js'
import type { Base } from './machine/base.js'
import type { Users } from './machine/users.js'
import type { ScsiKernel } from './scsi/scsi-kernel.js'
import type { Storage } from './storage/storage.js'

/** One boot of the machine, as a model that a test defines sees it. */
export interface ModelContext {
  /** The file tree with sysfs, virtual time, uevents and processes. */
  readonly base: Base
  /** The storage side, with the volumes that the model's targets offer. */
  readonly storage: Storage
  /** The SCSI layer, to which the model adds its SCSI hosts and nexuses. It scans them and keeps their disks. */
  readonly scsi: ScsiKernel
  /** To which the model adds block devices that are not SCSI disks. */
  readonly blocks: BlockDevices
  /** Users of block devices: mounts, swap, open files. */
  readonly users: Users
  /** Calls the listener at each change of the storage side or the network, until the machine is switched off. */
  readonly onStorageChange: (listener: () => void) => void
}

/** An addition to the machine, such as another transport. It starts over at each boot. */
export type Model = (machine: ModelContext) => void
