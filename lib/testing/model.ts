import type { BlockDevices } from './block/block-devices.js'
import type { Base } from './machine/base.js'
import type { Users } from './machine/users.js'
import type { ScsiKernel } from './scsi/scsi-kernel.js'
import type { Storage } from './storage/storage.js'

/** One boot of the machine, as a model of the test's own sees it. */
export interface ModelContext {
  /** The file tree with sysfs, virtual time, uevents and processes. */
  readonly base: Base
  /** The storage side, with the volumes that the model's targets offer. */
  readonly storage: Storage
  /** Takes the SCSI hosts and nexuses of the model, scans them and keeps their disks. */
  readonly scsi: ScsiKernel
  /** Takes block devices that are no SCSI disks. */
  readonly blocks: BlockDevices
  /** Users of block devices: mounts, swap, open files. */
  readonly users: Users
  /** Calls the listener at each change of the storage side or the network, until the machine is switched off. */
  readonly onStorageChange: (listener: () => void) => void
}

/** Something that the machine has besides, such as another transport. It begins anew with each boot. */
export type Model = (machine: ModelContext) => void
