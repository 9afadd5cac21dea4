import type { WaitHolder } from '../core/error-data.js'
import type { Log } from '../core/host.js'
import { requireInvariant } from '../core/invariant.js'
import { Semaphore } from '../core/semaphore.js'
import { Turns } from '../core/turns.js'
import { lockInWords } from '../core/waiting-words.js'
import type { Limits } from '../api/policy.js'
import type { Waiting } from './waiting.js'

/** A kind of thing that only a limited number of an attacher's operations may use at once: `scsi-host`, and kinds of the connectors. */
export type Scarce = string

/** An operation that waits, and for which others wait later. */
export interface Waiter {
  /** Describes it to others, from now on. */
  readonly holder: () => WaitHolder
  /** Adds what is known of this process. */
  readonly found: (holders: readonly WaitHolder[]) => Promise<readonly WaitHolder[]>
  readonly waiting: Waiting
}

/**
 * Admits operations. Every queue is first come, first served, and belongs to one thing. An operation that waits for a SCSI host waits only
 * for operations that use the same host.
 */
export class Coordinator {
  readonly #host: { readonly log: Log }
  readonly #operations: Semaphore<WaitHolder>
  readonly #most: number
  readonly #attachments = new Turns<WaitHolder>(1)
  readonly #scarce: ReadonlyMap<Scarce, Turns<WaitHolder>>

  /** `scarce`: limits of the connectors, by kind. */
  constructor(
    host: { readonly log: Log },
    limits: Pick<Limits, 'operations' | 'scansPerHost'>,
    scarce: Readonly<Record<string, number>> = {},
  ) {
    this.#host = host
    this.#most = limits.operations
    this.#operations = new Semaphore(limits.operations)
    const all = { 'scsi-host': limits.scansPerHost, ...scarce }
    this.#scarce = new Map(Object.entries(all).map(([kind, most]) => [kind, new Turns(most)]))
  }
  /** Waits for the attachment first, so that many calls for one attachment occupy only one place among all operations. */
  async admit(attachment: string, signal: AbortSignal, { holder, found, waiting }: Waiter): Promise<Disposable> {
    const turn = await waiting({ awaited: lockInWords(attachment), holders: () => found(this.#attachments.holders(attachment)) }, () =>
      this.#attachments.take(attachment, signal, holder),
    )
    try {
      const place = await waiting(
        { awaited: `one of ${this.#most} places for operations (limits.operations)`, holders: () => found(this.#operations.holders) },
        () => this.#operations.take(signal, holder),
      )
      return {
        [Symbol.dispose]: () => {
          place[Symbol.dispose]()
          turn[Symbol.dispose]()
        },
      }
    } catch (error) {
      turn[Symbol.dispose]()
      throw error
    }
  }
  isIdle(attachment: string): boolean {
    return this.#attachments.isFree(attachment)
  }
  /** @throws `ERR_INTERNAL` for a kind without a limit. */
  isFree(scarce: Scarce, name: string): boolean {
    return this.#turnsOf(scarce).isFree(name)
  }
  /** @throws `ERR_INTERNAL` for a kind without a limit. The reason of `signal`. */
  async take(scarce: Scarce, name: string, signal: AbortSignal, { holder, found, waiting }: Waiter): Promise<Disposable> {
    const turns = this.#turnsOf(scarce)
    const wait = { awaited: `a turn at ${scarce} ${name}`, holders: () => found(turns.holders(name)) }
    return await waiting(wait, () => turns.take(name, signal, holder))
  }
  #turnsOf(scarce: Scarce): Turns<WaitHolder> {
    const turns = this.#scarce.get(scarce)
    requireInvariant(this.#host, 'a scarce kind has a limit', turns !== undefined, { key: scarce })
    return turns
  }
}
