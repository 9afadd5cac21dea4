import type { Boot } from '../boot.js'
import type { ScsiDisk } from '../scsi/scsi-disk.js'
import { Turns } from '../scsi/turns.js'
import type { Portal } from '../storage/network.js'
import type { IscsiTarget } from './targets.js'

export interface SessionParameters {
  readonly iqn: string
  readonly portal: Portal
  readonly iface: string
  /** Seconds; negative: for ever. */
  readonly replacementTimeout: number
}
export type SessionState = 'FREE' | 'LOGGED_IN' | 'FAILED'

/** A session of the kernel. With iscsi_tcp each is a SCSI host of its own. */
export class Session {
  readonly id: number
  readonly hostNumber: number
  readonly parameters: SessionParameters
  readonly disks = new Map<number, ScsiDisk>()
  readonly targetId = 0
  readonly scanTurns = new Turns()
  readonly #boot: Boot
  #waiting: (() => void)[] = []
  state: SessionState = 'FREE'
  recoveryTmo: number
  /** A logout is under way. */
  closing = false
  /** The kernel has waited for the connection for as long as it does: what waits for the target fails from now on. */
  givenUp = false
  /** Counts state changes, so that a timer knows whether it is still meant. */
  changes = 0

  constructor(boot: Boot, id: number, hostNumber: number, parameters: SessionParameters) {
    this.#boot = boot
    this.id = id
    this.hostNumber = hostNumber
    this.parameters = parameters
    this.recoveryTmo = parameters.replacementTimeout
  }
  get iqn(): string {
    return this.parameters.iqn
  }
  /** `/sys/devices/platform/host3` */
  get hostDirectory(): string {
    return `/sys/devices/platform/host${this.hostNumber}`
  }
  get directory(): string {
    return `${this.hostDirectory}/session${this.id}`
  }
  get targetName(): string {
    return `target${this.hostNumber}:0:${this.targetId}`
  }
  get targetDirectory(): string {
    return `${this.directory}/${this.targetName}`
  }
  /** The target behind this session, if it still has it. */
  target(): IscsiTarget | undefined {
    return this.#boot.machine.storage.iscsi.targetAt(this.iqn, this.parameters.portal)
  }
  /** Whether a command sent now would be answered. A portal that became mute goes on with the sessions that it has. */
  answers(): boolean {
    const reach = this.#boot.machine.network.reach(this.parameters.portal)
    return this.state !== 'FREE' && (reach === 'open' || reach === 'mute') && this.target() !== undefined
  }
  /** Resolves at the next change of the session, of its disks or of the way to its target. */
  changed(): Promise<void> {
    return new Promise((resolve) => void this.#waiting.push(resolve))
  }
  notify(): void {
    for (const resolve of this.#waiting.splice(0)) resolve()
    this.#boot.pathsChanged()
  }
  become(state: SessionState): void {
    this.state = state
    this.changes += 1
    this.notify()
  }
}
