import type { Operation } from '../operation/operation.js'
import { isBrickworkError } from '../core/errors.js'
import { LinkedSignal, NOT_NEEDED, until } from '../core/signal.js'
import { argument, askedMultipathd, multipathdRuns, readDaemonWwids } from '../linux/multipath/daemon.js'

/** Pauses between requests. Each request makes multipathd check all its paths; without pauses it would not process its events. */
const ASK_MS = [200, 400, 800, 1600] as const
const ASK_LATER_MS = 3000

/**
 * Asks multipathd for a map where its configuration would not form one of a new volume. The attach doesn't wait for the answer: multipathd
 * may be slow or starting, and the map appears in sysfs.
 */
export class MapRequest implements Disposable {
  readonly #operation: Operation
  readonly #wwid: string | undefined
  readonly #disks: () => readonly string[]
  readonly #ending: LinkedSignal
  #running: Promise<void> | undefined
  #asked = 0
  #dueAt = 0
  #failure: unknown
  #blacklisted: string | undefined
  /** multipathd's identity of the volume, if it differs from the WWID that Brickwork asked for. */
  uid: string | undefined

  /** @param disks names of the verified disks. If multipathd doesn't know the WWID, its identity of these disks is used. */
  constructor(operation: Operation, wwid: string | undefined, disks: () => readonly string[]) {
    this.#operation = operation
    this.#wwid = wwid
    this.#disks = disks
    this.#ending = new LinkedSignal(operation.signal)
  }
  /** When to ask again, on the host's clock; `undefined` while a request is running. */
  get dueAt(): number | undefined {
    return this.#running === undefined ? this.#dueAt : undefined
  }
  /** Whether to ask now. @throws the error of an earlier request, unless the daemon only did not answer. */
  get isDue(): boolean {
    if (this.#failure !== undefined) throw this.#failure as Error
    return this.#running === undefined && this.#operation.host.clock.now() >= this.#dueAt
  }
  /** Starts a request. @param path a verified disk of the volume, as a name or node that multipathd understands. */
  ask(path: string): void {
    this.#running ??= this.#ask(path)
  }
  /** The WWID or device that multipathd's configuration blacklists; `undefined` until multipathd has said so. */
  get blacklisted(): string | undefined {
    return this.#blacklisted
  }
  /** Resolves when the running request is answered; never, if none is running. */
  async answered(signal: AbortSignal): Promise<void> {
    await until(this.#running ?? new Promise<never>(() => undefined), signal)
  }
  [Symbol.dispose](): void {
    this.#ending.abort(NOT_NEEDED)
    this.#ending[Symbol.dispose]()
  }

  async #ask(path: string): Promise<void> {
    const { host } = this.#operation
    try {
      if (await multipathdRuns(host)) this.#blacklisted = await this.#blacklistedOf(path)
    } catch (error) {
      if (!this.#ending.signal.aborted || (error !== NOT_NEEDED && !isBrickworkError(error))) this.#failure = error
    } finally {
      this.#dueAt = host.clock.now() + (ASK_MS[this.#asked] ?? ASK_LATER_MS)
      this.#asked += 1
      this.#running = undefined
    }
  }
  /** Returns the WWID if multipathd refuses it as such. If devices are blacklisted by name or property, it refuses the path. */
  async #blacklistedOf(path: string): Promise<string | undefined> {
    const { host } = this.#operation
    const { signal } = this.#ending
    const wwid = this.uid ?? this.#wwid
    const answer = wwid === undefined ? 'refused' : await askedMultipathd(host, `add map ${argument(wwid)}`, signal)
    if (answer === 'blacklisted') return wwid
    if (answer !== 'refused') return undefined
    this.uid = await this.#uidOfDisks()
    if (this.uid !== undefined && this.uid !== wwid) await askedMultipathd(host, `add map ${argument(this.uid)}`, signal)
    if (this.uid !== undefined) return undefined
    return (await askedMultipathd(host, `add path ${argument(path)}`, signal)) === 'blacklisted' ? path : undefined
  }
  async #uidOfDisks(): Promise<string | undefined> {
    const { host } = this.#operation
    try {
      const wwids = await readDaemonWwids(host, this.#ending.signal)
      const uid = this.#disks().flatMap((name) => wwids.get(name) ?? [])[0]
      return uid === this.#wwid ? undefined : uid
    } catch (error) {
      if (isBrickworkError(error, 'ERR_DAEMON_UNREACHABLE')) return undefined
      throw error
    }
  }
}
