import { isBrickworkError } from '../../core/errors.js'
import type { RecoveryAction } from '../../api/recovery.js'
import type { Entry } from '../../operation/entry.js'
import { jittered } from '../../operation/jitter.js'
import type { OperationRunner } from '../operation-runner.js'
import type { AttacherContext } from '../../operation/operation.js'
import type { Recovery } from './recover-all.js'

/** Extra time after the end of a login's window, for the logout. */
const EXTRA_MS = 15_000
/** Pauses between attempts. After the last one, `recover()` has to finish. */
const AGAIN_MS = [1000, 5000, 20_000, 60_000] as const

/** Finishes in the background what an attach could not roll back in time. `close()` waits for it. */
export class BackgroundRecovery {
  readonly #context: AttacherContext
  readonly #runner: OperationRunner
  readonly #recovery: Recovery
  /** The last attach of each attachment that left something behind. */
  readonly #latest = new Map<string, Entry>()

  constructor(context: AttacherContext, runner: OperationRunner, recovery: Recovery) {
    this.#context = context
    this.#runner = runner
    this.#recovery = recovery
  }
  begin(entry: Entry): void {
    const { log } = this.#context.host
    this.#latest.set(entry.id, entry)
    this.#runner
      .keep(this.#recover(entry).finally(() => this.#forget(entry)))
      .catch((error: unknown) => log.warn({ id: entry.id, error }, 'the background recovery of a failed attach failed'))
  }

  async #recover(entry: Entry): Promise<void> {
    const { clock, log } = this.#context.host
    const { closing } = this.#runner
    let action = await this.#once(entry)
    for (const [time, pauseMs] of AGAIN_MS.entries()) {
      if (action?.action !== 'left' || closing.aborted) break
      // No event announces that the obstacle is gone.
      await clock.sleep(jittered({ claim: { entry } }, pauseMs, 'recover', time), closing).catch(() => undefined)
      if (!(await this.#isLeft(entry))) return
      // If a call of the caller works on the attachment, let it run. If it changes nothing, try again.
      if (this.#runner.isFree(entry.id)) action = await this.#once(entry)
    }
    if (action?.action === 'left') log.warn({ ...action }, 'a failed attach could not be rolled back; recover() tries again')
  }
  #forget(entry: Entry): void {
    if (this.#latest.get(entry.id) === entry) this.#latest.delete(entry.id)
  }
  /** Whether the leftovers of this attach remain. A later call of the caller may have attached the volume, or left leftovers of its own. */
  async #isLeft(entry: Entry): Promise<boolean> {
    if (this.#latest.get(entry.id) !== entry) return false
    const claim = await this.#context.claims.read(entry.owner, entry.id)
    return claim !== undefined && claim.state !== 'attached'
  }
  async #once({ id, pending }: Entry): Promise<RecoveryAction | undefined> {
    const { clock } = this.#context.host
    const timeoutMs = Math.max(0, ...pending.map(({ untilMs }) => untilMs - clock.wallMs())) + EXTRA_MS
    try {
      return await this.#runner.operate('recover', this.#runner.blank(id), { timeoutMs }, {}, (operation) =>
        this.#recovery.known(operation, false),
      )
    } catch (error) {
      if (!isBrickworkError(error)) throw error
      return { id, what: 'attachment', action: 'left', reason: error.message }
    }
  }
}
