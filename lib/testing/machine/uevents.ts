import type { Uevent } from '../../core/host.js'
import type { Machine } from '../machine.js'

export type Listener = (event: Uevent | 'overrun') => void

/** The kernel's uevents, and udev's copies of them: numbered and handed to whoever listens at that moment. */
export class Uevents {
  readonly #machine: Machine
  readonly #listeners = new Set<Listener>()
  #seqnum = 0

  constructor(machine: Machine) {
    this.#machine = machine
  }
  get seqnum(): number {
    return this.#seqnum
  }
  listen(listener: Listener): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }
  /** @param directory host path of the object: `/sys/devices/…` */
  kernel(action: string, directory: string, subsystem: string, more: Readonly<Record<string, string>> = {}): void {
    const devpath = directory.replace(/^\/sys/, '')
    this.#seqnum += 1
    const properties = new Map(
      Object.entries({ ACTION: action, DEVPATH: devpath, SUBSYSTEM: subsystem, SEQNUM: String(this.#seqnum), ...more }),
    )
    this.#deliver({ source: 'kernel', action, devpath, subsystem, seqnum: this.#seqnum, properties })
  }
  udev(event: Uevent, more: ReadonlyMap<string, string>): void {
    this.#deliver({ ...event, source: 'udev', properties: new Map([...event.properties, ...more]) })
  }
  /** The listeners' buffers were too small: events may be missing. */
  overrun(): void {
    for (const listener of [...this.#listeners]) listener('overrun')
  }
  #deliver(event: Uevent): void {
    this.#machine.ledger.trace.push({
      atMs: this.#machine.timeline.now,
      pid: 0,
      call: `uevent.${event.source}`,
      subject: `${event.action} ${event.devpath}`,
    })
    for (const listener of [...this.#listeners]) listener(event)
  }
}
