import { BrickworkError } from '../../core/errors.js'
import { FcTargets } from '../fc/targets.js'
import { IscsiTargets } from '../iscsi/targets.js'
import { NvmeTargets } from '../nvme/targets.js'
import { type Network, portalOf, type PortalState } from './network.js'
import { Volume, type VolumeOptions } from './volume.js'

/**
 * The storage side. It knows nothing of the machine and keeps running when the machine crashes. All transports share its volumes and its
 * network. Each transport has its targets in a part of its own.
 */
export class Storage {
  /** iSCSI targets and their LUN maps. */
  readonly iscsi: IscsiTargets
  /** NVMe subsystems and their namespaces. */
  readonly nvme: NvmeTargets
  /** The Fibre Channel fabric and its target ports. */
  readonly fc: FcTargets
  readonly #network: Network
  readonly #volumes = new Map<string, Volume>()
  readonly #listeners: (() => void)[] = []

  constructor(network: Network) {
    this.#network = network
    const side = { network, volumeNamed: (name: string) => this.volumeNamed(name), changed: () => this.#changed() }
    this.iscsi = new IscsiTargets(side)
    this.nvme = new NvmeTargets(side)
    this.fc = new FcTargets(side)
  }
  /** Adds a volume. A transport's targets offer it by its name. */
  volume(name: string, options?: VolumeOptions): Volume {
    const volume = new Volume(name, options)
    this.#volumes.set(name, volume)
    return volume
  }
  /** Changes the size of the volume. Disks keep the old one until they are rescanned. */
  resize(volume: string, sizeMb: number): void {
    this.volumeNamed(volume).sizeBytes = sizeMb * 1024 * 1024
  }
  /** Sets the result of a TCP connection to this address and port: `10.99.1.1:3260`, `[fd99::1]:3260`. */
  portal(portal: string, state: PortalState): void {
    this.#network.setState(portalOf(portal), state)
    this.#changed()
  }
  /**
   * Sets whether packets of more than 1500 bytes from this portal arrive. If they are lost, small answers arrive and large ones never do.
   */
  largePackets(portal: string, state: 'pass' | 'lost'): void {
    this.#network.setLargePackets(portalOf(portal), state)
    this.#changed()
  }
  /** Sets the addresses that the machine's resolver has for a host name; `[]`: the name is unknown. */
  hostName(name: string, addresses: readonly string[]): void {
    this.#network.name(name, addresses)
  }
  /** Adds a listener without a target behind it, on any address. */
  listen(portal: string): void {
    this.#network.listen(portalOf(portal))
  }

  /** The volume of this name. @throws `ERR_INVALID_ARGUMENT` when there is none. */
  volumeNamed(name: string): Volume {
    const volume = this.#volumes.get(name)
    if (volume === undefined) throw new BrickworkError('ERR_INVALID_ARGUMENT', `FakeHost has no volume ${name}`)
    return volume
  }
  /** Calls the listener at each change of a target, a LUN or a portal. */
  onChange(listener: () => void): void {
    this.#listeners.push(listener)
  }
  #changed(): void {
    for (const listener of this.#listeners) listener()
  }
}
