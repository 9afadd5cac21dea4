import type { Uevent } from '../../core/host.js'
import type { Ledger } from '../ledger.js'
import type { Timeline } from '../time/timeline.js'

export type Listener = (event: Uevent | 'overrun') => void

/** The kernel's uevents and udev's copies of them. The kernel numbers each event. Those who listen at that moment receive it. */
export class Uevents {
  readonly #ledger: Ledger
  readonly #timeline: Timeline
  readonly #listeners = new Set<Listener>()
  #seqnum = 0

  constructor(ledger: Ledger, timeline: Timeline) {
    this.#ledger = ledger
    this.#timeline = timeline
  }
  /** The number of the last event of the kernel. */
  get seqnum(): number {
    return this.#seqnum
  }
  /** How many watches and listeners there are now. */
  get listeners(): number {
    return this.#listeners.size
  }
  /** Calls the listener at each event. Returns a function that ends that. @internal */
  listen(listener: Listener): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }
  /** Sends an event of the kernel. @param directory path of the object in sysfs: `/sys/devices/…` */
  kernel(action: string, directory: string, subsystem: string, more: Readonly<Record<string, string>> = {}): void {
    const devpath = directory.replace(/^\/sys/, '')
    this.#seqnum += 1
    const properties = new Map(
      Object.entries({ ACTION: action, DEVPATH: devpath, SUBSYSTEM: subsystem, SEQNUM: String(this.#seqnum), ...more }),
    )
    this.#deliver({ source: 'kernel', action, devpath, subsystem, seqnum: this.#seqnum, properties })
  }
  /** Sends udev's copy of an event, with the properties that its rules added. */
  udev(event: Uevent, more: ReadonlyMap<string, string>): void {
    this.#deliver({ ...event, source: 'udev', properties: new Map([...event.properties, ...more]) })
  }
  /** Reports that the listeners' buffers were too small: events may be missing. */
  overrun(): void {
    for (const listener of [...this.#listeners]) listener('overrun')
  }
  #deliver(event: Uevent): void {
    this.#ledger.trace.push({
      atMs: this.#timeline.now,
      pid: 0,
      call: `uevent.${event.source}`,
      subject: `${event.action} ${event.devpath}`,
    })
    for (const listener of [...this.#listeners]) listener(event)
  }
}
