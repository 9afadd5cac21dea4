import type { Target } from '../../connectors/iscsi/objects.js'
import type { BlockDevice } from '../../linux/block/device.js'
import type { Identity } from '../disk/identity.js'
import type { Exposed } from '../disk/scan-lun.js'

/** A path whose disk is proven to be the volume. */
export interface VerifiedPath {
  readonly target: Target
  readonly exposed: Exposed
  readonly device: BlockDevice
  readonly identity: Identity
}
