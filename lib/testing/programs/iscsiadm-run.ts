import type { Iscsid } from '../iscsi/iscsid.js'
import type { IscsiKernel } from '../iscsi/iscsi-kernel.js'
import type { IscsiTargets } from '../iscsi/targets.js'
import type { ScsiKernel } from '../scsi/scsi-kernel.js'
import type { Network } from '../storage/network.js'
import type { Invocation } from './program.js'

/** The parts of the machine that iscsiadm uses. */
export interface IscsiParts {
  readonly kernel: IscsiKernel
  readonly daemon: Iscsid
  readonly scsi: ScsiKernel
  readonly targets: IscsiTargets
  readonly network: Network
}
/** A run of iscsiadm. */
export interface IscsiadmRun extends Invocation {
  readonly iscsi: IscsiParts
}
