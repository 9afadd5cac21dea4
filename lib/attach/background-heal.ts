import type { Call } from '../api/call.js'
import type { HealedAttachment } from '../api/heal.js'
import { isBrickworkError } from '../core/errors.js'
import { Semaphore } from '../core/semaphore.js'
import type { Connector } from '../operation/connector.js'
import type { Entry } from '../operation/entry.js'
import { jittered } from '../operation/jitter.js'
import type { AttacherContext } from '../operation/operation.js'
import { healthOf } from './health.js'
import type { OperationRunner } from './operation-runner.js'

/** Heals in progress at once: they must not crowd out the caller's operations. */
const AT_ONCE = 4
const TIMEOUT_MS = 60_000
/** After heals without success, an attachment waits for up to so many intervals. */
const MOST_INTERVALS = 8

export interface BackgroundHealParts {
  readonly context: AttacherContext
  readonly runner: OperationRunner
  /** Entries of the volumes that are attached now. */
  readonly attached: () => Promise<readonly Entry[]>
  readonly connectorOf: (protocol: string) => Connector
  readonly heal: (entry: Entry, call: Call) => Promise<HealedAttachment>
}

/** Heals degraded attachments again and again, until the attacher closes. Healthy ones cost one query. */
export class BackgroundHeal {
  readonly #parts: BackgroundHealParts
  readonly #places = new Semaphore(AT_ONCE)
  /** Heals without success, and the rounds to leave out. */
  readonly #fruitless = new Map<string, { readonly times: number; readonly rounds: number }>()

  constructor(parts: BackgroundHealParts) {
    this.#parts = parts
  }
  begin(intervalMs: number): void {
    const { runner, context } = this.#parts
    runner.keep(this.#loop(intervalMs)).catch((error: unknown) => context.host.log.warn({ error }, 'background heals have ended'))
  }

  async #loop(intervalMs: number): Promise<void> {
    const { runner, context } = this.#parts
    const { clock, log } = context.host
    const { closing } = runner
    const isClosing = () => closing.aborted
    for (let round = 0; ; round++) {
      // Hosts that lost a storage port together must not return to it together.
      const pauseMs = jittered({ claim: { entry: runner.blank('') } }, intervalMs, 'heal', round)
      await clock.sleep(pauseMs, closing).catch(() => undefined)
      if (isClosing()) return
      try {
        await this.#round()
      } catch (error) {
        if (isClosing()) return
        if (!isBrickworkError(error)) throw error
        log.warn({ error }, 'could not look which attachments lack paths')
      }
    }
  }
  async #round(): Promise<void> {
    const entries = await this.#parts.attached()
    for (const id of this.#fruitless.keys()) if (entries.every((entry) => entry.id !== id)) this.#fruitless.delete(id)
    await Promise.all(entries.map((entry) => this.#maybe(entry)))
  }
  async #maybe(entry: Entry): Promise<void> {
    const { runner } = this.#parts
    const { id } = entry
    const before = this.#fruitless.get(id)
    if (before !== undefined && before.rounds > 0) {
      this.#fruitless.set(id, { ...before, rounds: before.rounds - 1 })
      return
    }
    const place = await this.#places.take(runner.closing)
    try {
      await this.#healInPlace(entry)
    } finally {
      place[Symbol.dispose]()
    }
  }
  async #healInPlace(entry: Entry): Promise<void> {
    const { runner, context, connectorOf } = this.#parts
    const { id } = entry
    // Late paths do the same work, and an operation of the caller goes first.
    if (!runner.isFree(id) || runner.hasLatePaths(id)) return
    const { health } = await healthOf(context.host, entry, runner.closing, connectorOf(entry.connection.protocol))
    if (health === 'healthy' || health === 'gone') {
      this.#fruitless.delete(id)
      return
    }
    const isHealed = await this.#heal(entry)
    const times = (this.#fruitless.get(id)?.times ?? 0) + 1
    if (isHealed) this.#fruitless.delete(id)
    else this.#fruitless.set(id, { times, rounds: Math.min(2 ** times, MOST_INTERVALS) - 1 })
  }
  async #heal(entry: Entry): Promise<boolean> {
    try {
      const { paths } = await this.#parts.heal(entry, { timeoutMs: TIMEOUT_MS })
      return paths.every(({ action }) => action !== 'failed')
    } catch (error) {
      if (!isBrickworkError(error)) throw error
      return false
    }
  }
}
