import type { AccessState, Nexus, NexusNames, ScsiHost } from '../scsi/nexus.js'
import type { ScsiKernel } from '../scsi/scsi-kernel.js'
import type { Network, Portal } from '../storage/network.js'
import type { Volume } from '../storage/volume.js'
import type { IscsiTarget, IscsiTargets } from './targets.js'

export interface SessionParameters {
  readonly iqn: string
  readonly portal: Portal
  readonly iface: string
  /** In seconds; negative: without a limit. */
  readonly replacementTimeout: number
}
export type SessionState = 'FREE' | 'LOGGED_IN' | 'FAILED'

/** The parts of a session besides its parameters. */
export interface SessionPlace {
  readonly id: number
  readonly host: ScsiHost
  readonly scsi: ScsiKernel
  readonly targets: IscsiTargets
  readonly network: Network
}
/** The address of this host, as every session shows it. */
export const HOST_ADDRESS = '10.99.0.1'
/** Protocol identifier of iSCSI (SPC-4, 7.6.1). */
const ISCSI = 5

/** A session of the kernel, which is the nexus of iSCSI. With iscsi_tcp each session has a SCSI host of its own. */
export class Session implements Nexus {
  readonly id: number
  readonly host: ScsiHost
  readonly channel = 0
  readonly targetId = 0
  readonly names: NexusNames
  readonly parameters: SessionParameters
  readonly #place: SessionPlace
  /** The portal that it is connected to. After a redirection this is another one than was requested. */
  peer: Portal
  state: SessionState = 'FREE'
  recoveryTmo: number
  /** Whether a logout is in progress. */
  closing = false
  /** Whether the kernel has stopped waiting for the connection: from then on, commands that wait for the target fail. */
  givenUp = false
  /** Counts state changes, so that a timer knows whether it is still valid. */
  changes = 0

  constructor(place: SessionPlace, parameters: SessionParameters) {
    this.#place = place
    this.id = place.id
    this.host = place.host
    this.parameters = parameters
    this.peer = parameters.portal
    this.recoveryTmo = parameters.replacementTimeout
    this.names = { protocol: ISCSI, target: parameters.iqn, targetNode: parameters.iqn, hostAdapter: HOST_ADDRESS }
  }
  get iqn(): string {
    return this.parameters.iqn
  }
  get directory(): string {
    return `${this.host.directory}/session${this.id}`
  }
  /** The target behind this session, if the portal still has it. */
  target(): IscsiTarget | undefined {
    return this.#place.targets.targetAt(this.iqn, this.peer)
  }
  ready(): boolean {
    return this.state === 'LOGGED_IN'
  }
  /** A portal that became mute still serves the sessions that it has. */
  answers(): boolean {
    const reachability = this.#place.network.reachability(this.peer)
    return this.state !== 'FREE' && (reachability === 'open' || reachability === 'mute') && this.target() !== undefined
  }
  carries(bytes: number): boolean {
    return this.#place.network.carries(this.peer, bytes)
  }
  isGivenUp(): boolean {
    return this.closing || this.givenUp
  }
  luns(): readonly number[] {
    return [...(this.target()?.luns.keys() ?? [])]
  }
  volumeAt(lun: number): Volume | undefined {
    return this.target()?.luns.get(lun)
  }
  accessState(): AccessState {
    return this.#place.targets.accessState(this.parameters.portal)
  }
  isWriteProtected(): boolean {
    return this.target()?.readOnly === true
  }
  setFastIoFail(seconds: number): void {
    this.recoveryTmo = seconds
  }
  /** Reports a change of the session, or of the path to its target. */
  notify(): void {
    this.#place.scsi.changed(this)
  }
  become(state: SessionState): void {
    this.state = state
    this.changes += 1
    this.notify()
  }
}
