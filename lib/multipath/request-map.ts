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
  ask(): void {
    this.#running ??= this.#ask()
  }
  /** Resolves when multipathd has said something to the question that is under way, if there is one. */
  async answered(signal: AbortSignal): Promise<void> {
    await until(this.#running ?? new Promise<never>(() => undefined), signal)
  }
  [Symbol.dispose](): void {
    this.#ending.abort(new BrickworkError('ERR_ABORTED', 'multipathd need not answer any more'))
    this.#ending[Symbol.dispose]()
  }

  async #ask(): Promise<void> {
    const { host } = this.#operation
    try {
      if (await multipathdRuns(host)) await askedMultipathd(host, `add map ${argument(this.#wwid)}`, this.#ending.signal)
    } catch (error) {
      if (!this.#ending.signal.aborted || !isBrickworkError(error)) this.#failure = error
    } finally {
      this.#dueAt = host.clock.now() + (ASK_MS[this.#asked] ?? ASK_LATER_MS)
      this.#asked += 1
      this.#running = undefined
    }
  }
}
