import type { BlockDevices } from '../block/block-devices.js'
import type { Base } from '../machine/base.js'
import type { Users } from '../machine/users.js'
import type { DeviceMapper } from '../mapper/device-mapper.js'
import type { ScsiKernel } from '../scsi/scsi-kernel.js'
import type { MultipathTools } from './config.js'

/** The parts of the machine that multipath-tools use. */
export interface MultipathParts {
  readonly base: Base
  readonly tools: MultipathTools
  readonly blocks: BlockDevices
  readonly scsi: ScsiKernel
  readonly mapper: DeviceMapper
  readonly users: Users
}
