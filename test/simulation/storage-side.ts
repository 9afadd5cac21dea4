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
  get closedPortals(): string[] {
    return [...this.#portals]
  }
  /** All volumes that the LUN has shown since then. */
  shownSince(place: Place, fromMs: number): (string | undefined)[] {
    const shown = this.#shown.get(keyOf(place)) ?? []
    return shown.filter((_, index) => (shown[index + 1]?.fromMs ?? Infinity) >= fromMs).map(({ volume }) => volume)
  }
  /** Restores the initial state. */
  heal(): void {
    for (const portal of this.closedPortals) this.portal(portal, 'open')
    for (const { place, volume } of this.#laid.values())
      if (this.#shown.get(keyOf(place))?.at(-1)?.volume !== volume) this.point(place, volume)
  }
  #note(place: Place, volume: string | undefined): void {
    const shown = this.#shown.get(keyOf(place)) ?? []
    this.#shown.set(keyOf(place), [...shown.slice(-20), { volume, fromMs: this.#host.clock.now() }])
  }
}
