import type { Host } from '../core/host.js'
import type { Claims } from './claims.js'
import type { Entry, HostObject, Pending } from './entry.js'

/**
 * What is written about an attachment while an operation is at work on it. Several paths may come up side by side: changes are made in
 * memory at once and written one after another, so that the claim never goes back in time.
 */
export class Book {
  readonly #host: Host
  readonly #claims: Claims
  #entry: Entry
  #touched = false
  #written: Promise<void> = Promise.resolve()
  /** A write that has not begun yet, and will say all that has changed by then. */
  #due: Promise<void> | undefined

  constructor(host: Host, claims: Claims, entry: Entry) {
    this.#host = host
    this.#claims = claims
    this.#entry = entry
  }
  get entry(): Entry {
    return this.#entry
  }
  /** Whether anything was made, or begun, since this operation knows of it; also what has been taken back already. */
  get touched(): boolean {
    return this.#touched
  }
  /** The claim says so when this resolves. */
  async update(change: Partial<Entry>): Promise<void> {
    this.#entry = { ...this.#entry, ...change, atMs: this.#host.clock.wallMs() }
    const { objects, pending } = this.#entry
    this.#touched ||= pending.length > 0 || objects.some(({ origin }) => origin !== 'found')
    this.#due ??= this.#written.then(this.#write, this.#write)
    this.#written = this.#due
    await this.#due
  }
  readonly #write = async (): Promise<void> => {
    this.#due = undefined
    await this.#claims.write(this.#entry)
  }
  /** Adds an object, or replaces what was said of it. */
  async own(object: HostObject): Promise<void> {
    await this.update({ objects: [...this.#entry.objects.filter(({ key }) => key !== object.key), object] })
  }
  async disown(key: string): Promise<void> {
    await this.update({ objects: this.#entry.objects.filter((object) => object.key !== key) })
  }
  async pend(pending: Pending): Promise<void> {
    await this.update({ pending: [...this.#entry.pending.filter(({ key }) => key !== pending.key), pending] })
  }
  async settled(key: string): Promise<void> {
    await this.update({ pending: this.#entry.pending.filter((pending) => pending.key !== key) })
  }
}
