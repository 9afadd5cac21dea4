import { BrickworkError } from '../../core/errors.js'
import { uuid as uuidFrom } from '../machine/layout.js'
import { keyOf, type Portal, portalOf } from '../storage/network.js'
import type { StorageSide } from '../storage/side.js'
import type { Volume } from '../storage/volume.js'

/** A namespace as a test describes it. */
export interface NvmeNamespaceDescription {
  /** Name of the volume. */
  readonly volume: string
  /** UUID; default: one that depends on the name of the volume. `null`: none. */
  readonly uuid?: string | null
  /** NGUID: 32 hexadecimal digits. Default: none. */
  readonly nguid?: string
  /** EUI-64: 16 hexadecimal digits. Default: none. */
  readonly eui64?: string
  /** ANA group; default 1. */
  readonly group?: number
}
/** A subsystem as a test describes it. */
export interface NvmeSubsystemDescription {
  /** NVMe qualified name. */
  readonly nqn: string
  /** `10.99.1.1:4420`, `[fd99::1]:4420` */
  readonly portals: readonly string[]
  /** Namespaces by number; a text is the name of a volume. */
  readonly namespaces: Readonly<Record<number, string | NvmeNamespaceDescription>>
  /** NQNs of the hosts that may connect. Default: any host. */
  readonly hosts?: readonly string[]
  /** Whether the subsystem can have only one controller. Its namespaces then have no head. Default false. */
  readonly oneController?: boolean
  /** The number that each portal gives its next controllers, instead of counting for the whole subsystem. */
  readonly cntlids?: Readonly<Record<string, number>>
}
/** States of an ANA group, as sysfs spells them. */
export type AnaState = 'optimized' | 'non-optimized' | 'inaccessible' | 'persistent-loss' | 'change'

export interface Namespace {
  readonly volume: Volume
  readonly uuid: string | undefined
  readonly nguid: string | undefined
  readonly eui64: string | undefined
  readonly group: number
}
export interface NvmeTarget {
  readonly nqn: string
  readonly portals: readonly Portal[]
  readonly namespaces: Map<number, Namespace>
  readonly oneController: boolean
  readonly cntlids: Readonly<Record<string, number>>
  hosts: readonly string[] | undefined
}
/** What a subsystem tells its hosts by an asynchronous event. */
export interface TargetEvent {
  readonly nqn: string
  readonly kind: 'namespaces' | 'ana'
}

/** The NVMe part of the storage side. */
export class NvmeTargets {
  readonly #side: StorageSide
  readonly #targets = new Map<string, NvmeTarget>()
  readonly #ana = new Map<string, AnaState>()
  readonly #silent = new Set<string>()
  readonly #withheld = new Set<string>()
  readonly #listeners = new Set<(event: TargetEvent) => void>()

  constructor(side: StorageSide) {
    this.#side = side
  }
  /** Adds a subsystem. It replaces a subsystem of the same name. */
  subsystem({ nqn, portals, namespaces, hosts, oneController = false, cntlids = {} }: NvmeSubsystemDescription): void {
    for (const portal of this.#targets.get(nqn)?.portals ?? []) this.#side.network.close(portal)
    const own: NvmeTarget = { nqn, portals: portals.map(portalOf), namespaces: new Map(), hosts, oneController, cntlids }
    for (const portal of own.portals) this.#side.network.listen(portal)
    for (const [nsid, each] of Object.entries(namespaces)) own.namespaces.set(Number(nsid), this.#namespaceOf(each))
    this.#targets.set(nqn, own)
    this.#side.changed()
  }
  /** Removes the subsystem, even while it has controllers. */
  removeSubsystem(nqn: string): void {
    for (const portal of this.subsystemNamed(nqn).portals) this.#side.network.close(portal)
    this.#targets.delete(nqn)
    this.#side.changed()
  }
  /** Maps a namespace, even in place of another one of the same number, and tells the hosts. */
  map(nqn: string, nsid: number, namespace: string | NvmeNamespaceDescription): void {
    this.subsystemNamed(nqn).namespaces.set(nsid, this.#namespaceOf(namespace))
    this.#tell(nqn, 'namespaces')
  }
  /** Unmaps a namespace, and tells the hosts. */
  unmap(nqn: string, nsid: number): void {
    this.subsystemNamed(nqn).namespaces.delete(nsid)
    this.#tell(nqn, 'namespaces')
  }
  /** Tells the hosts that namespaces may have changed, for example after {@link Storage.resize}. */
  revalidate(nqn: string): void {
    this.#tell(nqn, 'namespaces')
  }
  /** Which hosts may connect from now on. Controllers that exist stay. `undefined`: any host. */
  allow(nqn: string, hosts: readonly string[] | undefined): void {
    this.subsystemNamed(nqn).hosts = hosts
  }
  /** Sets the state of an ANA group at a portal; default `optimized`. Tells the hosts. */
  setAnaState(nqn: string, portal: string, group: number, state: AnaState): void {
    this.#ana.set(`${nqn} ${keyOf(portalOf(portal))} ${group}`, state)
    this.#tell(nqn, 'ana')
  }
  /** From now on, the subsystem reports no changes to its hosts, or reports them again. */
  withholdEvents(nqn: string, withhold = true): void {
    if (withhold) this.#withheld.add(nqn)
    else this.#withheld.delete(nqn)
  }
  /** From now on, the portal answers the greeting of a new connection and nothing more, or everything again. */
  greetOnly(portal: string, only = true): void {
    const key = keyOf(portalOf(portal))
    if (only) this.#silent.add(key)
    else this.#silent.delete(key)
    this.#side.changed()
  }

  /** The subsystem of this name. @throws `ERR_INVALID_ARGUMENT` when there is none. @internal */
  subsystemNamed(nqn: string): NvmeTarget {
    const target = this.#targets.get(nqn)
    if (target === undefined) throw new BrickworkError('ERR_INVALID_ARGUMENT', `FakeHost has no NVMe subsystem ${nqn}`)
    return target
  }
  /** The subsystem, if this portal has it. @internal */
  targetAt(nqn: string, portal: Portal): NvmeTarget | undefined {
    const target = this.#targets.get(nqn)
    return target?.portals.some((each) => keyOf(each) === keyOf(portal)) === true ? target : undefined
  }
  /** Whether an NVMe target listens at the portal. @internal */
  speaksNvme(portal: Portal): boolean {
    return [...this.#targets.values()].some(({ portals }) => portals.some((each) => keyOf(each) === keyOf(portal)))
  }
  /** Whether the portal answers no command. @internal */
  isSilent(portal: Portal): boolean {
    return this.#silent.has(keyOf(portal))
  }
  /** @internal */
  anaState(nqn: string, portal: Portal, group: number): AnaState {
    return this.#ana.get(`${nqn} ${keyOf(portal)} ${group}`) ?? 'optimized'
  }
  /** Calls the listener for each event. @internal */
  onEvent(listener: (event: TargetEvent) => void): void {
    this.#listeners.add(listener)
  }
  #tell(nqn: string, kind: TargetEvent['kind']): void {
    if (!this.#withheld.has(nqn)) for (const listener of this.#listeners) listener({ nqn, kind })
  }
  #namespaceOf(described: string | NvmeNamespaceDescription): Namespace {
    const { volume: name, uuid, nguid, eui64, group = 1 } = typeof described === 'string' ? { volume: described } : described
    const volume = this.#side.volumeNamed(name)
    return { volume, uuid: uuid === null ? undefined : (uuid ?? namespaceUuid(name)), nguid, eui64, group }
  }
}

/** The UUID of a namespace for which a test names none. */
export function namespaceUuid(volume: string): string {
  return uuidFrom(`namespace ${volume}`)
}
