import type { AccessState, Nexus, NexusNames, ScsiHost } from '../scsi/nexus.js'
import type { Volume } from '../storage/volume.js'
import type { FcTargetPort } from './targets.js'

/** States of a remote port, as the kernel spells them. */
export type RemotePortState = 'Online' | 'Marginal' | 'Blocked' | 'Not Present'

/** Protocol identifier of Fibre Channel (SPC-4, 7.6.1). */
const FIBRE_CHANNEL = 0
/** fc_dev_loss_tmo of scsi_transport_fc */
export const DEV_LOSS_S = 60

/** What a remote port knows of the port of the host that sees it. */
export interface SeenFrom {
  readonly wwpn: string
  readonly wwnn: string
  readonly host: ScsiHost
  /** Whether the kernel carries out no scan at all (`scsi_mod.scan=none`). */
  readonly scansNothing: boolean
  /** The target port now, if this port of the host sees it. */
  readonly target: () => FcTargetPort | undefined
}

/** A remote port of the kernel, which is the nexus of Fibre Channel. It outlasts a loss, with its number. */
export class RemotePort implements Nexus {
  readonly #from: SeenFrom
  /** `rport-2:0-0` */
  readonly name: string
  /** World-wide name of the port: 16 hexadecimal digits. */
  readonly wwpn: string
  /** World-wide name of its node. */
  readonly wwnn: string
  readonly channel = 0
  readonly targetId: number
  readonly names: NexusNames
  /** The attribute `port_state`. */
  state: RemotePortState = 'Online'
  /** Empty while the port logs in, and once it is lost. */
  roles = ''
  /** Seconds until I/O to the lost port fails; `undefined`: with its removal. */
  fastIoFailSec: number | undefined
  /** Seconds until the kernel removes the disks of the lost port. */
  devLossSec = DEV_LOSS_S
  /** Whether the kernel has stopped waiting for the port: from then on, commands to it fail. */
  givenUp = false
  /** Counts state changes, so that a timer knows whether it is still valid. */
  changes = 0

  constructor(from: SeenFrom, { wwpn, wwnn }: FcTargetPort, targetId: number) {
    this.#from = from
    this.name = `rport-${from.host.number}:0-${targetId}`
    this.wwpn = wwpn
    this.wwnn = wwnn
    this.targetId = targetId
    this.names = {
      protocol: FIBRE_CHANNEL,
      target: `naa.${wwpn}`,
      hostNode: `0x${from.wwnn}`,
      hostPort: `0x${from.wwpn}`,
      targetNode: `0x${wwnn}`,
      targetPort: `0x${wwpn}`,
    }
  }
  get host(): ScsiHost {
    return this.#from.host
  }
  get directory(): string {
    return `${this.host.directory}/${this.name}`
  }
  /** The kernel passes over a port that is not online or marginal (fc_user_scan_tgt), and one that is no target. */
  ready(): boolean {
    return (this.state === 'Online' || this.state === 'Marginal') && this.roles.includes('FCP Target') && !this.#from.scansNothing
  }
  answers(): boolean {
    const target = this.#from.target()
    return (this.state === 'Online' || this.state === 'Marginal') && target?.answers === true
  }
  isGivenUp(): boolean {
    return this.givenUp
  }
  luns(): readonly number[] {
    return [...(this.#seen()?.luns.keys() ?? [])]
  }
  volumeAt(lun: number): Volume | undefined {
    return this.#seen()?.luns.get(lun)
  }
  accessState(): AccessState {
    return this.#from.target()?.accessState ?? 'active/optimized'
  }
  isWriteProtected(): boolean {
    return this.#from.target()?.readOnlyFor.has(this.#from.wwpn) === true
  }
  setFastIoFail(seconds: number): void {
    this.fastIoFailSec = seconds
  }
  /** The target port, if it shows its LUNs to this port of the host. */
  #seen(): FcTargetPort | undefined {
    const target = this.#from.target()
    return target?.initiators === undefined || target.initiators.includes(this.#from.wwpn) ? target : undefined
  }
}
