import { LowestFree } from '../block/numbers.js'
import type { Base } from '../machine/base.js'
import { Changes } from './changes.js'
import { clearHost, layHost, type ScanRequest, type Wanted } from './host-sysfs.js'
import type { Nexus, ScsiHost } from './nexus.js'
import type { ScsiDisk } from './scsi-disk.js'
import { Turns } from './turns.js'

/** The kernel's state of a SCSI host. */
interface HostState {
  /** Scans and removals of one host come one after another. */
  readonly turns: Turns
  readonly nexuses: Set<NexusState>
}
/** The kernel's state of a nexus. */
export interface NexusState {
  readonly nexus: Nexus
  readonly turns: Turns
  readonly changes: Changes
  /** By LUN. */
  readonly disks: Map<number, ScsiDisk>
}

/** The kernel's SCSI hosts with their nexuses. Host numbers are reused as soon as they are free. */
export class ScsiHosts {
  readonly #base: Base
  readonly #numbers = new LowestFree()
  readonly #hosts = new Map<ScsiHost, HostState>()
  /** Includes nexuses that are gone, so that those who wait for one of their disks are still woken. */
  readonly #states = new WeakMap<Nexus, NexusState>()

  constructor(base: Base) {
    this.#base = base
  }
  /** @param scan called for each nexus that a write to the host's `scan` selects. */
  add(parent: string, attributes: Readonly<Record<string, string>>, scan: (state: NexusState, lun: Wanted) => Promise<void>): ScsiHost {
    const number = this.#numbers.take()
    const host: ScsiHost = { number, directory: `${parent}/host${number}` }
    const state: HostState = { turns: new Turns(), nexuses: new Set() }
    this.#hosts.set(host, state)
    layHost(this.#base, host, attributes, (request) => scanHost(state, request, scan))
    return host
  }
  remove(host: ScsiHost): void {
    if (!this.#hosts.delete(host)) return
    clearHost(this.#base, host)
    this.#numbers.free(host.number)
  }
  addNexus(nexus: Nexus): void {
    const host = this.#hosts.get(nexus.host)
    if (host === undefined) throw this.#base.ledger.unknown(`a nexus of the SCSI host ${nexus.host.number}, which does not exist`)
    const state: NexusState = {
      nexus,
      turns: host.turns,
      changes: new Changes(() => this.#base.pathsChanged()),
      disks: new Map(),
    }
    host.nexuses.add(state)
    this.#states.set(nexus, state)
  }
  removeNexus(nexus: Nexus): void {
    const state = this.#states.get(nexus)
    if (state !== undefined) this.#hosts.get(nexus.host)?.nexuses.delete(state)
  }
  stateOf(nexus: Nexus): NexusState | undefined {
    return this.#states.get(nexus)
  }
  /** Whether the kernel still has this nexus. */
  has(state: NexusState): boolean {
    return this.#hosts.get(state.nexus.host)?.nexuses.has(state) === true
  }
}

async function scanHost(
  { turns, nexuses }: HostState,
  { channel, targetId, lun }: ScanRequest,
  scan: (state: NexusState, lun: Wanted) => Promise<void>,
): Promise<void> {
  const fits = (wanted: Wanted, number: number): boolean => wanted === 'any' || wanted === number
  const meant = [...nexuses].filter(({ nexus }) => fits(channel, nexus.channel) && fits(targetId, nexus.targetId))
  if (meant.length === 0) return
  await turns.run(async () => {
    for (const state of meant) await scan(state, lun)
  })
}
