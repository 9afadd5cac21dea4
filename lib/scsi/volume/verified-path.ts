import type { BlockDevice } from '../../linux/block/device.js'
import type { ShownIdentity } from '../../operation/identity.js'
import type { ScannedDisk } from '../disk/scan-lun.js'
import type { NamedPath } from '../transport.js'

/** A path whose disk is verified to be the volume. */
export interface VerifiedPath {
  readonly path: NamedPath
  readonly scanned: ScannedDisk
  readonly device: BlockDevice
  readonly identity: ShownIdentity
}
