import type { Operation } from '../operation/operation.js'
import { BrickworkError, isBrickworkError } from '../core/errors.js'
import { LinkedSignal, until } from '../core/signal.js'
import { argument, askedMultipathd, multipathdRuns } from '../linux/multipath/daemon.js'

/** Pauses between questions. Each makes multipathd look at all its paths: asked without pause it would not get to its events. */
const ASK_MS = [200, 400, 800, 1600] as const
const ASK_LATER_MS = 3000

/**
 * Where multipathd's configuration would not form a map of a new volume it is asked to. Nobody waits for its word: it may be slow, or be
 * starting again, and the map shows by itself.
 */
export class MapRequest implements Disposable {
  readonly #operation: Operation
  readonly #wwid: string
  readonly #ending: LinkedSignal
  #running: Promise<void> | undefined
  #asked = 0
  #dueAt = 0
  #failure: unknown
  #blacklisted: string | undefined

  constructor(operation: Operation, wwid: string) {
    this.#operation = operation
    this.#wwid = wwid
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
    const answer = await askedMultipathd(host, `add map ${argument(this.#wwid)}`, signal)
    if (answer === 'blacklisted') return this.#wwid
    const refused = answer === 'refused' && (await askedMultipathd(host, `add path ${argument(path)}`, signal)) === 'blacklisted'
    return refused ? path : undefined
  }
}
