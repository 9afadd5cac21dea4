import { BrickworkError } from '../../core/errors.js'
import type { AccessState } from '../scsi/nexus.js'
import type { StorageSide } from '../storage/side.js'
import type { Volume } from '../storage/volume.js'

/** A target port as a test describes it. */
export interface FcPortDescription {
  /** World-wide name of the port: 16 hexadecimal digits. */
  readonly wwpn: string
  /** World-wide name of its node. Default: that of the port, with `f` as its second digit. */
  readonly wwnn?: string
  /** The volume at each LUN. */
  readonly luns: Readonly<Record<number, string>>
  /**
   * What the port is, as the kernel spells it.
   * @default 'FCP Target'
   */
  readonly roles?: string
  /** World-wide names of the ports of hosts that see its LUNs. Default: every port. */
  readonly initiators?: readonly string[]
}

export interface FcTargetPort {
  readonly wwpn: string
  readonly wwnn: string
  readonly luns: Map<number, Volume>
  readonly roles: string
  readonly initiators: readonly string[] | undefined
  /** Whether the port is in the fabric. */
  isUp: boolean
  /** Whether it answers commands. */
  answers: boolean
  accessState: AccessState
  readonly readOnlyFor: Set<string>
}

/** The Fibre Channel part of the storage side: the fabric, its target ports, and what links they have. */
export class FcTargets {
  readonly #side: StorageSide
  readonly #ports = new Map<string, FcTargetPort>()
  readonly #apart = new Set<string>()

  constructor(side: StorageSide) {
    this.#side = side
  }
  /** Adds a target port, whose zone has every port of every host. It replaces a port of the same name. */
  port({ wwpn, wwnn, luns, roles = 'FCP Target', initiators }: FcPortDescription): void {
    this.#ports.set(wwpn, {
      wwpn,
      wwnn: wwnn ?? wwpn.replace(/^(.)./, '$1f'),
      luns: new Map(Object.entries(luns).map(([lun, name]) => [Number(lun), this.#side.volumeNamed(name)])),
      roles,
      initiators,
      isUp: true,
      answers: true,
      accessState: 'active/optimized',
      readOnlyFor: new Set(),
    })
    this.#side.changed()
  }
  /** The LUN of the port is this volume from now on. Hosts get no event. */
  map(wwpn: string, lun: number, volume: string): void {
    this.portNamed(wwpn).luns.set(lun, this.#side.volumeNamed(volume))
    this.#side.changed()
  }
  /** Takes the LUN from the port. Hosts get no event. */
  unmap(wwpn: string, lun: number): void {
    this.portNamed(wwpn).luns.delete(lun)
    this.#side.changed()
  }
  /** Takes the target port out of the fabric, or brings it back. */
  setUp(wwpn: string, isUp: boolean): void {
    this.portNamed(wwpn).isUp = isUp
    this.#side.changed()
  }
  /** Whether the port answers commands. A port that does not is still in the fabric. */
  setAnswers(wwpn: string, answers: boolean): void {
    this.portNamed(wwpn).answers = answers
    this.#side.changed()
  }
  /** Sets the access state of the port (ALUA). */
  setAccessState(wwpn: string, state: AccessState): void {
    this.portNamed(wwpn).accessState = state
    this.#side.changed()
  }
  /** The port write-protects its LUNs for this port of a host. */
  setReadOnlyFor(wwpn: string, initiator: string): void {
    this.portNamed(wwpn).readOnlyFor.add(initiator)
  }
  /** Whether a zone has this port of a host and this target port. Default: it has. */
  setZoned(initiator: string, wwpn: string, isZoned: boolean): void {
    if (isZoned) this.#apart.delete(`${initiator} ${wwpn}`)
    else this.#apart.add(`${initiator} ${wwpn}`)
    this.#side.changed()
  }

  /** The port of this name. @throws `ERR_INVALID_ARGUMENT` when there is none. @internal */
  portNamed(wwpn: string): FcTargetPort {
    const port = this.#ports.get(wwpn)
    if (port === undefined) throw new BrickworkError('ERR_INVALID_ARGUMENT', `FakeHost has no Fibre Channel target port ${wwpn}`)
    return port
  }
  /** The target ports that a port of a host sees now. @internal */
  seenBy(initiator: string): readonly FcTargetPort[] {
    return [...this.#ports.values()].filter(({ isUp, wwpn }) => isUp && !this.#apart.has(`${initiator} ${wwpn}`))
  }
}
