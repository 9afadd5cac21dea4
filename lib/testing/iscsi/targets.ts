import { BrickworkError } from '../../core/errors.js'
import type { AccessState } from '../scsi/nexus.js'
import { keyOf, type Portal, portalOf } from '../storage/network.js'
import type { StorageSide } from '../storage/side.js'
import type { Volume } from '../storage/volume.js'

/** A target as a test describes it. */
export interface IscsiTargetDescription {
  /** The name of the target. */
  readonly iqn: string
  /** `10.99.1.1:3260`, `[fd99::1]:3260` */
  readonly portals: readonly string[]
  /** LUN numbers and names of volumes. */
  readonly luns: Readonly<Record<number, string>>
  /** Write-protected for every initiator; default false. */
  readonly readOnly?: boolean
  /** CHAP credentials that a login needs. Default: none. */
  readonly chap?: {
    /** User name of the initiator. */
    readonly username: string
    /** Password of the initiator. */
    readonly secret: string
    /** Credentials of the target itself, for mutual CHAP. */
    readonly target?: {
      /** User name of the target. */
      readonly username: string
      /** Password of the target. */
      readonly secret: string
    }
  }
}
export interface IscsiTarget {
  readonly iqn: string
  readonly portals: readonly Portal[]
  readonly luns: Map<number, Volume>
  readonly chap: IscsiTargetDescription['chap']
  readonly readOnly: boolean
}

/** The iSCSI part of the storage side. */
export class IscsiTargets {
  readonly #side: StorageSide
  readonly #targets = new Map<string, IscsiTarget>()
  readonly #rivals = new Map<string, number>()
  readonly #redirects = new Map<string, Portal>()
  readonly #accessStates = new Map<string, AccessState>()
  /** The CHAP credentials that a discovery needs at every portal; `undefined`: none. */
  discoveryChap:
    | {
        /** User name of the initiator. */
        readonly username: string
        /** Password of the initiator. */
        readonly secret: string
      }
    | undefined

  constructor(side: StorageSide) {
    this.#side = side
  }
  /** Adds a target. It replaces a target of the same name. */
  target({ iqn, portals, luns, chap, readOnly = false }: IscsiTargetDescription): void {
    const target: IscsiTarget = { iqn, portals: portals.map(portalOf), luns: new Map(), chap, readOnly }
    for (const [lun, volume] of Object.entries(luns)) target.luns.set(Number(lun), this.#side.volumeNamed(volume))
    for (const portal of this.#targets.get(iqn)?.portals ?? []) this.#side.network.close(portal)
    for (const portal of target.portals) this.#side.network.listen(portal)
    this.#targets.set(iqn, target)
    this.#side.changed()
  }
  /** Removes the target, even while it has sessions. */
  removeTarget(iqn: string): void {
    for (const portal of this.targetNamed(iqn).portals) this.#side.network.close(portal)
    this.#targets.delete(iqn)
    this.#side.changed()
  }
  /** Maps the volume to the LUN, even in place of another volume while sessions exist. */
  mapLun(iqn: string, lun: number, volume: string): void {
    this.targetNamed(iqn).luns.set(lun, this.#side.volumeNamed(volume))
    this.#side.changed()
  }
  /** Unmaps the LUN, even while disks of it exist. */
  unmapLun(iqn: string, lun: number): void {
    this.targetNamed(iqn).luns.delete(lun)
    this.#side.changed()
  }

  /**
   * Redirects logins at this portal to another address (RFC 7143, 11.13.5, status 0x0101), even if the target is not there. `undefined`
   * ends that.
   */
  redirect(portal: string, to: string | undefined): void {
    const key = keyOf(portalOf(portal))
    if (to === undefined) this.#redirects.delete(key)
    else this.#redirects.set(key, portalOf(to))
    this.#side.changed()
  }
  /** The portal at which a login to this portal ends up. @internal */
  peerOf(portal: Portal): Portal {
    return this.#redirects.get(keyOf(portal)) ?? portal
  }
  /**
   * Makes another host log in to this target with the initiator name of this host, and again each time that its session ends. The target
   * always ends the older session: that of this host ends `everyMs` virtual milliseconds after each login. 0 stops the other host.
   */
  rival(iqn: string, everyMs: number): void {
    this.#rivals.set(iqn, everyMs)
  }
  /** How long a session of this host stays up beside such a host, in virtual milliseconds; `undefined` without one. @internal */
  rivalOf(iqn: string): number | undefined {
    const everyMs = this.#rivals.get(iqn) ?? 0
    return everyMs > 0 ? everyMs : undefined
  }
  /** Sets the access state at this portal (ALUA); default `active/optimized`. The kernel's `access_state` follows at once. */
  setAccessState(portal: string, state: AccessState): void {
    this.#accessStates.set(keyOf(portalOf(portal)), state)
    this.#side.changed()
  }
  /** The access state at a portal. @internal */
  accessState(portal: Portal): AccessState {
    return this.#accessStates.get(keyOf(portal)) ?? 'active/optimized'
  }

  /** The target of this name. @throws `ERR_INVALID_ARGUMENT` when there is none. @internal */
  targetNamed(iqn: string): IscsiTarget {
    const target = this.#targets.get(iqn)
    if (target === undefined) throw new BrickworkError('ERR_INVALID_ARGUMENT', `FakeHost has no target ${iqn}`)
    return target
  }
  /** The target, if this portal has it. @internal */
  targetAt(iqn: string, portal: Portal): IscsiTarget | undefined {
    const target = this.#targets.get(iqn)
    return target?.portals.some((each) => keyOf(each) === keyOf(portal)) === true ? target : undefined
  }
  /** All targets, in the order in which they were added. @internal */
  targets(): readonly IscsiTarget[] {
    return [...this.#targets.values()]
  }
}
