import type { Lock } from '../core/host.js'
import { NOT_NEEDED } from '../core/signal.js'
import type { LatePaths, Operation } from '../operation/operation.js'
import type { AttachmentLock } from './attachment-lock.js'
import type { Journal } from './journal.js'

/**
 * Paths that join after their attach has answered, by attachment. They keep its lock; the next operation of this process on it cancels them, and so
 * does another process that asks for it.
 */
export class LatePathsOfAttachments {
  readonly #journal: Journal
  readonly #lock: AttachmentLock
  readonly #all = new Map<string, LatePaths>()
  #givesUp = false

  constructor(journal: Journal, lock: AttachmentLock) {
    this.#journal = journal
    this.#lock = lock
  }
  of(id: string): LatePaths | undefined {
    return this.#all.get(id)
  }
  /** Lets them join, and releases the lock when the last one has ended. Resolves then. */
  async join(operation: Operation, paths: LatePaths, lock: Lock): Promise<void> {
    const { id } = operation.claim.entry
    const joined = this.#join(operation, paths)
      .catch((error: unknown) => operation.host.log.warn({ id, error }, 'late paths could not be recorded; recover() will'))
      .finally(async () => {
        if (this.#all.get(id) === own) this.#all.delete(id)
        await lock.release()
      })
    const own: LatePaths = {
      done: joined,
      cancel: async () => {
        await paths.cancel()
        await joined
      },
    }
    this.#all.set(id, own)
    if (this.#givesUp) void own.cancel() // closed while the attach was at it
    await joined
  }
  /** `give-up`: from now on late paths are cancelled. */
  async close(how: 'give-up' | 'wait'): Promise<void> {
    this.#givesUp = how === 'give-up'
    const all = [...this.#all.values()]
    if (how === 'wait') await Promise.all(all.map(({ done }) => done))
    await Promise.all(all.map((paths) => paths.cancel()))
  }

  async #join(operation: Operation, paths: LatePaths): Promise<void> {
    const { owner, id } = operation.claim.entry
    try {
      await Promise.race([paths.done, this.#yieldWhenAsked(operation, paths)])
    } finally {
      await paths.done // the lock is kept until nothing of the attach works, whatever went wrong with looking
    }
    const known = await operation.claims.read(owner, id)
    if (known?.state === 'attached') await this.#journal.write(operation.claim.entry)
  }
  async #yieldWhenAsked({ claim }: Operation, paths: LatePaths): Promise<void> {
    const ended = new AbortController()
    void paths.done.then(() => ended.abort(NOT_NEEDED))
    await this.#lock.yieldRequested(claim.entry, ended.signal)
    if (!ended.signal.aborted) await paths.cancel()
  }
}
