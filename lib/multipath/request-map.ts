import type { Operation } from '../operation/operation.js'
import { Window } from '../core/deadline.js'
import { BrickworkError, isBrickworkError } from '../core/errors.js'
import { LinkedSignal, until } from '../core/signal.js'
import { argument, askedMultipathd, multipathdRuns, readDaemonWwids } from '../linux/multipath/daemon.js'

/** Pauses between questions. Each makes multipathd look at all its paths: asked without pause it would not get to its events. */
const ASK_MS = [200, 400, 800, 1600] as const
const ASK_LATER_MS = 3000
/** multipathd ends a command itself after 4 s (uxsock_timeout). */
const ANSWER_MS = 5000

/**
 * Where multipathd's configuration would not form a map of a new volume it is asked to. Nobody waits for its word: it may be slow, or be
 * starting again, and the map shows by itself.
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
  /** multipathd's own identity of the volume, where it is known to be another one than ours. */
  uid: string | undefined

  /** @param disks names of its verified disks: multipathd is asked by which identity it knows them when it does not know ours. */
  constructor(operation: Operation, wwid: string | undefined, disks: () => readonly string[]) {
    this.#operation = operation
    this.#wwid = wwid
    this.#disks = disks
    this.#ending = new LinkedSignal(operation.signal)
  }
  /** When it is to be asked again; `undefined` while it has yet to answer. */
  get dueAt(): number | undefined {
    return this.#running === undefined ? this.#dueAt : undefined
  }
  /** Whether it is time to ask. @throws what is more than a daemon that does not answer just now. */
  get isDue(): boolean {
    if (this.#failure !== undefined) throw this.#failure as Error
    return this.#running === undefined && this.#operation.host.clock.now() >= this.#dueAt
  }
  /** `path`: a verified disk of the volume, which multipathd must be able to take for a map. */
  ask(path: string): void {
    this.#running ??= this.#ask(path)
  }
  /** The WWID or the device that multipathd's configuration blacklists; `undefined` as long as it has not said so. */
  get blacklisted(): string | undefined {
    return this.#blacklisted
  }
  /** Resolves when multipathd has said something to the question that is under way, if there is one. */
  async answered(signal: AbortSignal): Promise<void> {
    await until(this.#running ?? new Promise<never>(() => undefined), signal)
  }
  [Symbol.dispose](): void {
    this.#ending.abort(new BrickworkError('ERR_ABORTED', 'multipathd need not answer any more'))
    this.#ending[Symbol.dispose]()
  }

  async #ask(path: string): Promise<void> {
    const { host } = this.#operation
    try {
      if (await multipathdRuns(host)) this.#blacklisted = await this.#blacklistedOf(path)
    } catch (error) {
      if (!this.#ending.signal.aborted || !isBrickworkError(error)) this.#failure = error
    } finally {
      this.#dueAt = host.clock.now() + (ASK_MS[this.#asked] ?? ASK_LATER_MS)
      this.#asked += 1
      this.#running = undefined
    }
  }
  /** A WWID is refused as such. Where devices are blacklisted by name or property, no map is made, and the path itself is refused. */
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
    using window = new Window(host.clock, ANSWER_MS, this.#ending.signal, "multipathd's list of its paths")
    try {
      const wwids = await readDaemonWwids(host, window.signal)
      const uid = this.#disks().flatMap((name) => wwids.get(name) ?? [])[0]
      return uid === this.#wwid ? undefined : uid
    } catch (error) {
      if (window.signal.aborted || isBrickworkError(error, 'ERR_DAEMON_UNREACHABLE')) return undefined
      throw error
    }
  }
}
