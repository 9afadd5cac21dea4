import type { Clock, Log } from './host.js'
import { isBrickworkError } from './errors.js'
import { silentLog } from './silent-log.js'

/** Runs work on the host. The log has a line when it begins, so that work that hangs is seen, and one when it ends, with its duration. */
export async function logged<T>(
  { log, clock }: { readonly log: Log; readonly clock: Clock },
  what: () => string,
  run: () => Promise<T>,
  outcomeOf: (value: T) => unknown = () => 'ok',
): Promise<T> {
  if (log === silentLog) return await run()
  const from = clock.now()
  const said = what()
  const ended = (outcome: unknown) => log.debug({ outcome, ms: Math.round((clock.now() - from) * 1000) / 1000 }, `${said}: ended`)
  log.debug({}, `${said}: begins`)
  try {
    const value = await run()
    ended(outcomeOf(value))
    return value
  } catch (error) {
    ended(isBrickworkError(error) ? error.code : 'unexpected')
    throw error
  }
}
