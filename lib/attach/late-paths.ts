import type { Lock } from '../core/host.js'
import { LinkedSignal, NOT_NEEDED } from '../core/signal.js'
import type { LatePaths, Operation } from '../operation/operation.js'
import type { AttachmentLock } from './attachment-lock.js'
import type { Journal } from './journal.js'

/**
 * Paths that join after their attach has returned, by attachment. They keep the attachment lock. The next operation of this process on the
 * attachment cancels them, and so does a yield request of another process.
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
  /** Lets the paths join. Releases the lock and resolves when the last path has ended. */
  async join(operation: Operation, paths: LatePaths, lock: Lock): Promise<void> {
    const { id } = operation.claim.entry
    const joined = this.#join(operation, paths)
      .catch((error: unknown) => operation.host.log.warn({ id, error }, 'late paths could not be recorded; recover() records them'))
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
    if (this.#givesUp) void own.cancel() // the attacher was closed while the attach ran
    await joined
  }
  /** `give-up` cancels late paths, also those of attaches that end later. */
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
      await paths.done // keep the lock until the paths have ended, even if checking for yield requests failed
    }
    const known = await operation.claims.read(owner, id)
    if (known?.state === 'attached') await this.#journal.write(operation.claim.entry)
  }
  async #yieldWhenAsked({ claim }: Operation, paths: LatePaths): Promise<void> {
    const ended = new LinkedSignal()
    void paths.done.then(() => ended.abort(NOT_NEEDED))
    await this.#lock.yieldRequested(claim.entry, ended.signal)
    if (!ended.signal.aborted) await paths.cancel()
  }
}
