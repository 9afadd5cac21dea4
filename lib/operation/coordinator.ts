import { Semaphore } from '../core/semaphore.js'
import { Turns } from '../core/turns.js'
import type { Limits } from '../api/policy.js'

/** A kind of things each of which only so many operations of an attacher use at once: `scsi-host`, and what the connectors name. */
export type Scarce = string

/**
 * Admits operations. Every queue is first come, first served, and belongs to one thing: an operation that waits for a SCSI host waits for those
 * that use the same one, and for no others.
 */
export class Coordinator {
  readonly #operations: Semaphore
  readonly #attachments = new Turns(1)
  readonly #scarce: Map<Scarce, Turns>

  /** `scarce`: of the connectors, by kind. Of a kind that has no limit one operation uses a thing at a time. */
  constructor(limits: Pick<Limits, 'operations' | 'scansPerHost'>, scarce: Readonly<Record<string, number>> = {}) {
    this.#operations = new Semaphore(limits.operations)
    const all = { 'scsi-host': limits.scansPerHost, ...scarce }
    this.#scarce = new Map(Object.entries(all).map(([kind, most]) => [kind, new Turns(most)]))
  }
  /** The attachment first: many calls for one attachment keep one place, and not those of all others. */
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
