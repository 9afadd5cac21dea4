import type { Machine } from './machine.js'
import type { Program } from './programs/program.js'
import { shippedPrograms } from './programs/shipped.js'

/** What the processes of one machine share. */
export interface Shared {
  readonly machine: Machine
  readonly programs: Map<string, Program>
}

export function sharedBy(machine: Machine): Shared {
  const { network, multipath, storage } = machine
  const iscsi = () => ({
    kernel: machine.boot.iscsi,
    daemon: machine.boot.iscsid,
    scsi: machine.boot.scsi,
    network,
    targets: storage.iscsi,
  })
  return { machine, programs: shippedPrograms({ network, multipath, iscsi }) }
}
