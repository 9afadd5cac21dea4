import type { MultipathTools } from '../multipathd/config.js'
import type { Network } from '../storage/network.js'
import { basicPrograms } from './basic.js'
import { iscsiadm } from './iscsiadm.js'
import type { IscsiParts } from './iscsiadm-run.js'
import { multipath } from './multipath.js'
import type { Program } from './program.js'

interface Parts {
  readonly network: Network
  readonly multipath: MultipathTools
  /** The parts of open-iscsi in the boot in which the program runs. */
  readonly iscsi: () => IscsiParts
}

/** The programs of a fresh machine. */
export function shippedPrograms(parts: Parts): Map<string, Program> {
  return new Map<string, Program>([
    ...Object.entries(basicPrograms(parts.network)),
    ['iscsiadm', iscsiadm(parts.iscsi)],
    ['multipath', multipath(parts.multipath)],
  ])
}
