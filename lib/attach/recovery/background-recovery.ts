import { isBrickworkError } from '../../core/errors.js'
import type { RecoveryAction } from '../../api/recovery.js'
import type { Entry } from '../../operation/entry.js'
import type { Office } from '../operation-runner.js'
import type { Workshop } from '../../operation/operation.js'
import type { Recovery } from './recover-all.js'

/** Extra time for settling a login after its window: the logout. */
const SETTLE_MS = 15_000
/** What stands in the way may be gone by then; what is left after the last try is for `recover()`. */
const AGAIN_MS = [1000, 5000, 20_000, 60_000] as const

/** What attaches could not put back in their time is put right in the background, and by `close()` at the latest. */
export class Settlements {
  readonly #workshop: Workshop
  readonly #office: Office
  readonly #recovery: Recovery
  /** The last attach of each attachment that left something. */
  readonly #latest = new Map<string, Entry>()

  constructor(workshop: Workshop, office: Office, recovery: Recovery) {
    this.#workshop = workshop
    this.#office = office
    this.#recovery = recovery
  }
  begin(entry: Entry): void {
    const { log } = this.#workshop.host
    this.#latest.set(entry.id, entry)
    this.#office
      .keep(this.#settle(entry).finally(() => this.#forget(entry)))
      .catch((error: unknown) => log.warn({ id: entry.id, error }, 'what an attach left could not be looked at'))
  }

  async #settle(entry: Entry): Promise<void> {
    const { clock, log } = this.#workshop.host
    const { closing } = this.#office
    let action = await this.#once(entry)
    for (const pauseMs of AGAIN_MS) {
      if (action?.action !== 'left' || closing.aborted) break
      // Nothing tells that what stood in the way is gone.
      await clock.sleep(pauseMs, closing).catch(() => undefined)
      if (!(await this.#isLeft(entry))) return
      // A call of the caller's that is at it has its way; should it do nothing, the next try is ours.
      if (this.#office.isFree(entry.id)) action = await this.#once(entry)
    }
    if (action?.action === 'left') log.warn({ ...action }, 'what an attach left could not be put right; recover() will try again')
  }
  #forget(entry: Entry): void {
    if (this.#latest.get(entry.id) === entry) this.#latest.delete(entry.id)
  }
  /** What the caller's own calls have attached, or left in their turn, is no business of this one any more. */
  async #isLeft(entry: Entry): Promise<boolean> {
    if (this.#latest.get(entry.id) !== entry) return false
    const claim = await this.#workshop.claims.read(entry.owner, entry.id)
    return claim !== undefined && claim.state !== 'attached'
  }
  async #once({ id, pending }: Entry): Promise<RecoveryAction | undefined> {
    const { clock } = this.#workshop.host
    const timeoutMs = Math.max(0, ...pending.map(({ untilMs }) => untilMs - clock.wallMs())) + SETTLE_MS
    try {
      return await this.#office.operate('recover', this.#office.blank(id), { timeoutMs }, {}, (operation) =>
        this.#recovery.known(operation, false),
      )
    } catch (error) {
      if (!isBrickworkError(error)) throw error
      return { id, what: 'attachment', action: 'left', reason: error.message }
    }
  }
}
