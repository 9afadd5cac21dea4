import { isBrickworkError } from '../core/errors.js'
import type { RecoveryAction } from '../types.js'
import type { Entry } from './entry.js'
import type { Office } from './office.js'
import type { Workshop } from './operation.js'
import type { Recovery } from './recovery.js'

/** Extra time for settling a login after its window: the logout. */
const SETTLE_MS = 15_000
/** What stands in the way may be gone by then; what is left after the last try is for `recover()`. */
const AGAIN_MS = [1000, 5000, 20_000, 60_000] as const

/** What an attach could not put back in its time is put right in the background, and by `close()` at the latest. */
export function settleLater({ host }: Workshop, office: Office, recovery: Recovery, { id, pending }: Entry): void {
  const { clock, log } = host
  const timeoutMs = Math.max(0, ...pending.map(({ untilMs }) => untilMs - clock.wallMs())) + SETTLE_MS
  const once = async (): Promise<RecoveryAction | undefined> => {
    try {
      return await office.operate('recover', office.blank(id), { timeoutMs }, {}, (operation) => recovery.known(operation, false))
    } catch (error) {
      if (!isBrickworkError(error)) throw error
      return { id, what: 'attachment', action: 'left', reason: error.message }
    }
  }
  const settle = async () => {
    let action = await once()
    for (const pauseMs of AGAIN_MS) {
      if (action?.action !== 'left' || office.closing.aborted) break
      await clock.sleep(pauseMs, office.closing).catch(() => undefined)
      action = await once()
    }
    if (action?.action === 'left') log.warn({ ...action }, 'what an attach left could not be put right; recover() will try again')
  }
  office.keep(settle()).catch((error: unknown) => log.warn({ id, error }, 'what an attach left could not be looked at'))
}
