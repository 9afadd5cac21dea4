/**
 * Allows one operation at a time on an attachment, across processes. An operation that only waits for late paths yields to the next one.
 */
import { Window } from '../core/deadline.js'
import type { Host, Lock } from '../core/host.js'
import { NEVER } from '../core/light-signal.js'
import type { LockUser } from '../core/lock-note.js'
import { until } from '../core/signal.js'
import { digest } from '../operation/digest.js'
import type { Entry } from '../operation/entry.js'
import { type YieldRequest, YieldRequests } from './yield-requests.js'

type Attachment = Pick<Entry, 'owner' | 'id'>

/** After waiting this long, a waiter asks the holder of the lock to yield. */
const PATIENCE_MS = 100
/** How often a holder that only waits for late paths checks for yield requests. No event announces one. */
const POLL_MS = 250

export const lockName = ({ owner, id }: Attachment) => `attachment ${owner} ${id}`

export class AttachmentLock {
  readonly #host: Host
  readonly #runDir: string
  readonly #requests: YieldRequests

  constructor(host: Host, runDir: string) {
    this.#host = host
    this.#runDir = runDir
    this.#requests = new YieldRequests(host, `${runDir}/yield-requests`)
  }
  /** Waits for the lock. After {@link PATIENCE_MS} it writes a yield request for the holder. */
  async take(attachment: Attachment, signal: AbortSignal, user: LockUser): Promise<Lock> {
    const taking = this.#take(attachment, signal, user)
    using soon = new Window(this.#host.clock, PATIENCE_MS, signal, 'lock')
    const lock = await until(taking, soon.signal).catch(() => undefined)
    if (lock !== undefined) return lock
    let request: YieldRequest | undefined
    try {
      request = await this.#requests.make(subject(attachment), signal)
      return await until(taking, signal)
    } catch (error) {
      // The lock may still be granted after this wait has ended: release it then.
      void taking.then(
        (late) => late.release(),
        () => undefined,
      )
      throw error
    } finally {
      await request?.end()
    }
  }
  /** Runs while no process works on the attachment. Returns `undefined` without running when one does. */
  async whenIdle<T>(attachment: Attachment, run: () => Promise<T>): Promise<T | undefined> {
    using soon = new Window(this.#host.clock, PATIENCE_MS, NEVER, 'lock')
    const lock = await this.#take(attachment, soon.signal, { ...attachment, operation: 'recover' }).catch((error: unknown) => {
      if (!soon.signal.aborted) throw error
      return undefined
    })
    try {
      return lock === undefined ? undefined : await run()
    } finally {
      await lock?.release()
    }
  }
  /** Resolves when another process requests the attachment, or when the signal aborts. */
  async yieldRequested(attachment: Attachment, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      if (await this.#requests.any(subject(attachment))) return
      await this.#host.clock.sleep(POLL_MS, signal).catch(() => undefined)
    }
  }
  /** Removes yield requests of killed processes. */
  async tidy(): Promise<void> {
    await this.#requests.tidy()
  }

  async #take(attachment: Attachment, signal: AbortSignal, user: LockUser): Promise<Lock> {
    return await this.#host.locks.take(`${this.#runDir}/locks`, lockName(attachment), signal, user)
  }
}

const subject = ({ owner, id }: Attachment): string => digest(owner, id)
