import { BrickworkError } from '../../core/errors.js'
import { keyOf, type Network, type Portal, portalOf, type PortalState } from './network.js'
import { Volume, type VolumeOptions } from './volume.js'

export interface TargetDescription {
  readonly iqn: string
  /** `10.99.1.1:3260`, `[fd99::1]:3260` */
  readonly portals: readonly string[]
  /** LUN numbers and names of volumes. */
  readonly luns: Readonly<Record<number, string>>
  /** Write-protected, whoever logs in. */
  readonly readOnly?: boolean
  /** CHAP that the initiator must answer, and what the target answers when it is asked itself (mutual CHAP). */
  readonly chap?: {
    readonly username: string
    readonly secret: string
    readonly target?: { readonly username: string; readonly secret: string }
  }
}
export interface Target {
  readonly iqn: string
  readonly portals: readonly Portal[]
  readonly luns: Map<number, Volume>
  readonly chap: TargetDescription['chap']
  readonly readOnly: boolean
}

/** The storage side: it knows nothing of the machine and goes on when that crashes. */
export class Storage {
  readonly #network: Network
  readonly #volumes = new Map<string, Volume>()
  readonly #targets = new Map<string, Target>()
  readonly #listeners: (() => void)[] = []
  /** What a discovery must answer at every portal; `undefined`: anybody may discover. */
  discoveryChap: { readonly username: string; readonly secret: string } | undefined

  constructor(network: Network) {
    this.#network = network
  }
  volume(name: string, options?: VolumeOptions): Volume {
    const volume = new Volume(name, options)
    this.#volumes.set(name, volume)
    return volume
  }
  /** A target in place of the one that has this name, if any. */
  target({ iqn, portals, luns, chap, readOnly = false }: TargetDescription): void {
    const target: Target = { iqn, portals: portals.map(portalOf), luns: new Map(), chap, readOnly }
    for (const [lun, volume] of Object.entries(luns)) target.luns.set(Number(lun), this.volumeNamed(volume))
    for (const portal of this.#targets.get(iqn)?.portals ?? []) this.#network.close(portal)
    for (const portal of target.portals) this.#network.listen(portal)
    this.#targets.set(iqn, target)
    this.#changed()
  }
  /** Takes the target away, whether there are sessions or not. */
  removeTarget(iqn: string): void {
    for (const portal of this.targetNamed(iqn).portals) this.#network.close(portal)
    this.#targets.delete(iqn)
    this.#changed()
  }
  /** Maps the LUN, also in the place of another volume while sessions exist. */
  mapLun(iqn: string, lun: number, volume: string): void {
    this.targetNamed(iqn).luns.set(lun, this.volumeNamed(volume))
    this.#changed()
  }
  unmapLun(iqn: string, lun: number): void {
    this.targetNamed(iqn).luns.delete(lun)
    this.#changed()
  }
  resize(volume: string, sizeMb: number): void {
    this.volumeNamed(volume).sizeBytes = sizeMb * 1024 * 1024
  }
  portal(portal: string, state: PortalState): void {
    this.#network.setState(portalOf(portal), state)
    this.#changed()
  }
  /** What the machine's resolver says of a host from now on; `[]`: that there is no such name. */
  hostName(name: string, addresses: readonly string[]): void {
    this.#network.name(name, addresses)
  }
  /** A listener without a target behind it, on any address. */
  listen(portal: string): void {
    this.#network.listen(portalOf(portal))
  }

  volumeNamed(name: string): Volume {
    const volume = this.#volumes.get(name)
    if (volume === undefined) throw new BrickworkError('ERR_INVALID_ARGUMENT', `FakeHost has no volume ${name}`)
    return volume
  }
  targetNamed(iqn: string): Target {
    const target = this.#targets.get(iqn)
    if (target === undefined) throw new BrickworkError('ERR_INVALID_ARGUMENT', `FakeHost has no target ${iqn}`)
    return target
  }
  /** The target as it is seen through a portal. */
  targetAt(iqn: string, portal: Portal): Target | undefined {
    const target = this.#targets.get(iqn)
    return target?.portals.some((each) => keyOf(each) === keyOf(portal)) === true ? target : undefined
  }
  /** In the order in which they were made. */
  targets(): readonly Target[] {
    return [...this.#targets.values()]
  }
  onChange(listener: () => void): void {
    this.#listeners.push(listener)
  }
  #changed(): void {
    for (const listener of this.#listeners) listener()
  }
}
