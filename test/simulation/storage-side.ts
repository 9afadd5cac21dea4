/** The storage side of a simulation: the volume that each LUN shows, and since when. */
import type { FakeHost } from '../../lib/testing/index.js'

export interface Place {
  readonly iqn: string
  readonly lun: number
}
interface Shown {
  readonly volume: string | undefined
  readonly fromMs: number
}
const keyOf = ({ iqn, lun }: Place) => `${iqn} ${lun}`

export class StorageSide {
  readonly #host: FakeHost
  readonly #laid = new Map<string, { readonly place: Place; readonly volume: string }>()
  readonly #shown = new Map<string, Shown[]>()
  readonly #portals = new Set<string>()
  /** Since when large packets are lost there. */
  readonly #lossy = new Map<string, number>()
  readonly #redirected = new Set<string>()
  readonly #rivals = new Set<string>()
  readonly portals: readonly string[]

  constructor(host: FakeHost, portals: readonly string[]) {
    this.#host = host
    this.portals = portals
  }
  target(iqn: string, portals: readonly string[], luns: Readonly<Record<number, string>>): void {
    this.#host.storage.iscsi.target({ iqn, portals, luns })
    for (const [lun, volume] of Object.entries(luns)) {
      const place = { iqn, lun: Number(lun) }
      this.#laid.set(keyOf(place), { place, volume })
      this.#note(place, volume)
    }
  }
  get places(): Place[] {
    return [...this.#laid.values()].map(({ place }) => place)
  }
  /** Makes the LUN show another volume, or none. */
  point(place: Place, volume: string | undefined): void {
    if (volume === undefined) this.#host.storage.iscsi.unmapLun(place.iqn, place.lun)
    else this.#host.storage.iscsi.mapLun(place.iqn, place.lun, volume)
    this.#note(place, volume)
  }
  portal(portal: string, state: 'open' | 'drop' | 'refuse' | 'mute'): void {
    if (state === 'open') this.#portals.delete(portal)
    else this.#portals.add(portal)
    this.#host.storage.portal(portal, state)
  }
  largePackets(portal: string, state: 'pass' | 'lost'): void {
    if (state === 'pass') this.#lossy.delete(portal)
    else if (!this.#lossy.has(portal)) this.#lossy.set(portal, this.#host.clock.now())
    this.#host.storage.largePackets(portal, state)
  }
  /** Whether large packets from this portal have been lost all the time since then: nobody can have read a disk behind it. */
  lossySince(portal: string, fromMs: number): boolean {
    return (this.#lossy.get(portal) ?? Infinity) <= fromMs
  }
  redirect(portal: string, to: string | undefined): void {
    if (to === undefined) this.#redirected.delete(portal)
    else this.#redirected.add(portal)
    this.#host.storage.iscsi.redirect(portal, to)
  }
  /** Another host with the same initiator name; 0: it has gone. */
  rival(iqn: string, everyMs: number): void {
    if (everyMs === 0) this.#rivals.delete(iqn)
    else this.#rivals.add(iqn)
    this.#host.storage.iscsi.rival(iqn, everyMs)
  }
  get closedPortals(): string[] {
    return [...this.#portals]
  }
  /** Portals at which a person's login may come to nothing. */
  get troubledPortals(): readonly string[] {
    return this.#rivals.size > 0 ? this.portals : [...this.#portals, ...this.#lossy.keys(), ...this.#redirected]
  }
  /** All volumes that the LUN has shown since then. */
  shownSince(place: Place, fromMs: number): (string | undefined)[] {
    const shown = this.#shown.get(keyOf(place)) ?? []
    return shown.filter((_, index) => (shown[index + 1]?.fromMs ?? Infinity) >= fromMs).map(({ volume }) => volume)
  }
  /** Restores the initial state. */
  heal(): void {
    for (const portal of this.closedPortals) this.portal(portal, 'open')
    for (const portal of [...this.#lossy.keys()]) this.largePackets(portal, 'pass')
    for (const portal of [...this.#redirected]) this.redirect(portal, undefined)
    for (const iqn of [...this.#rivals]) this.rival(iqn, 0)
    for (const { place, volume } of this.#laid.values())
      if (this.#shown.get(keyOf(place))?.at(-1)?.volume !== volume) this.point(place, volume)
  }
  #note(place: Place, volume: string | undefined): void {
    const shown = this.#shown.get(keyOf(place)) ?? []
    this.#shown.set(keyOf(place), [...shown.slice(-20), { volume, fromMs: this.#host.clock.now() }])
  }
}
