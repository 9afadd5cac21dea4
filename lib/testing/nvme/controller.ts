import type { Network } from '../storage/network.js'
import type { ConnectOptions } from './options.js'
import type { ControllerState, Member, Path, Subsystem } from './subsystem.js'
import type { AnaState, NvmeTarget, NvmeTargets } from './targets.js'

/** What the kernel keeps for each host NQN: up to Linux 6.1 all its controllers share one host id. */
export interface NvmeHost {
  readonly nqn: string
  id: string
}

/** A controller of the kernel: the connection of one host to one subsystem over one portal. */
export class Controller implements Member {
  readonly instance: number
  readonly options: ConnectOptions
  readonly host: NvmeHost
  state: ControllerState = 'new'
  /** `undefined` until the subsystem has been identified. */
  subsystem: Subsystem | undefined
  cntlid = 0
  /** Whether it has ever been live. Only then may it be deleted by its attribute. */
  started = false
  /** By number of the namespace. */
  readonly paths = new Map<number, Path>()
  /** States of ANA groups as the kernel read them last. */
  readonly ana = new Map<number, AnaState>()
  /** The scan work: it runs, and it is to run again. */
  scanning: Promise<void> | undefined
  scanAgain = false
  attempts = 0
  /** Counts state changes, so that a timer knows whether it is still valid. */
  changes = 0
  readonly #targets: NvmeTargets
  readonly #network: Network

  constructor(
    instance: number,
    options: ConnectOptions,
    host: NvmeHost,
    parts: { readonly targets: NvmeTargets; readonly network: Network },
  ) {
    this.instance = instance
    this.options = options
    this.host = host
    this.#targets = parts.targets
    this.#network = parts.network
  }
  get name(): string {
    return `nvme${this.instance}`
  }
  get directory(): string {
    return `/sys/devices/virtual/nvme-fabrics/ctl/${this.name}`
  }
  /** The target at the other end, if the portal still has it. */
  target(): NvmeTarget | undefined {
    return this.#targets.targetAt(this.options.nqn, this.options.portal)
  }
  /** Whether the other end answers commands. A portal that became mute still serves the connections that it has. */
  answers(): boolean {
    const reachability = this.#network.reachability(this.options.portal)
    const reached = reachability === 'open' || reachability === 'mute'
    return reached && this.target() !== undefined && !this.#targets.isSilent(this.options.portal)
  }
  /** Reads the ANA log. */
  readAna(): void {
    for (const { group } of this.target()?.namespaces.values() ?? [])
      this.ana.set(group, this.#targets.anaState(this.options.nqn, this.options.portal, group))
  }
  get isEnding(): boolean {
    return this.state === 'deleting' || this.state === 'deleting (no IO)' || this.state === 'dead'
  }
  /** drivers/nvme/host/fabrics.h, nvmf_ctlr_matches_baseopts and nvmf_ip_options_match: texts are compared, not addresses. */
  matches(options: ConnectOptions, host: NvmeHost): boolean {
    const own = this.options
    return (
      !this.isEnding &&
      own.nqn === options.nqn &&
      this.host.nqn === host.nqn &&
      this.host.id === host.id &&
      own.traddr === options.traddr &&
      own.trsvcid === options.trsvcid &&
      own.hostTraddr === options.hostTraddr &&
      own.hostIface === options.hostIface
    )
  }
}
