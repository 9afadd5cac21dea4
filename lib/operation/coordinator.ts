import { Semaphore } from '../core/semaphore.js'
import { Turns } from '../core/turns.js'
import type { Limits } from '../api/policy.js'

/** What only so many operations of an attacher use at once. */
export type Scarce = 'portal' | 'scsi-host'

/**
 * Whose turn it is. Every queue is first come, first served, and belongs to one thing: who waits for a portal or a SCSI host waits for those
 * who are at the same one, and for nobody else.
 */
export class Coordinator {
  readonly #operations: Semaphore
  readonly #attachments = new Turns(1)
  readonly #scarce: Readonly<Record<Scarce, Turns>>

  constructor(limits: Limits) {
    this.#operations = new Semaphore(limits.operations)
    this.#scarce = { portal: new Turns(limits.loginsPerPortal), 'scsi-host': new Turns(limits.scansPerHost) }
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
    return this.#scarce[scarce].isFree(name)
  }
  async take(scarce: Scarce, name: string, signal: AbortSignal): Promise<Disposable> {
    return await this.#scarce[scarce].take(name, signal)
  }
}
