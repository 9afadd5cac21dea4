import { Semaphore } from '../core/semaphore.js'
import { Turns } from '../core/turns.js'
import type { Limits } from '../api/policy.js'

/** A kind of thing that only a limited number of an attacher's operations may use at once: `scsi-host`, and kinds of the connectors. */
export type Scarce = string

/**
 * Admits operations. Every queue is first come, first served, and belongs to one thing. An operation that waits for a SCSI host waits only
 * for operations that use the same host.
 */
export class Coordinator {
  readonly #operations: Semaphore
  readonly #attachments = new Turns(1)
  readonly #scarce: Map<Scarce, Turns>

  /** `scarce`: limits of the connectors, by kind. A kind without a limit admits one operation at a time. */
  constructor(limits: Pick<Limits, 'operations' | 'scansPerHost'>, scarce: Readonly<Record<string, number>> = {}) {
    this.#operations = new Semaphore(limits.operations)
    const all = { 'scsi-host': limits.scansPerHost, ...scarce }
    this.#scarce = new Map(Object.entries(all).map(([kind, most]) => [kind, new Turns(most)]))
  }
  /** Waits for the attachment first, so that many calls for one attachment occupy only one place among all operations. */
  async admit(attachment: string, signal: AbortSignal): Promise<Disposable> {
    const turn = await this.#attachments.take(attachment, signal)
    try {
      const place = await this.#operations.take(signal)
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
  isFree(scarce: Scarce, name: string): boolean {
    return this.#turnsOf(scarce).isFree(name)
  }
  async take(scarce: Scarce, name: string, signal: AbortSignal): Promise<Disposable> {
    return await this.#turnsOf(scarce).take(name, signal)
  }
  #turnsOf(scarce: Scarce): Turns {
    const turns = this.#scarce.get(scarce) ?? new Turns(1)
    this.#scarce.set(scarce, turns)
    return turns
  }
}
