import type { Clock, Log } from './host.js'
import { isBrickworkError } from './errors.js'

/** Runs work on the host. The log has a line when it begins, so that work that hangs is seen, and one when it ends, with its duration. */
export async function logged<T>(
  { log, clock }: { readonly log: Log; readonly clock: Clock },
  what: string,
  run: () => Promise<T>,
  outcomeOf: (value: T) => unknown = () => 'ok',
): Promise<T> {
  const from = clock.now()
  const ended = (outcome: unknown) => log.debug({ outcome, ms: Math.round((clock.now() - from) * 1000) / 1000 }, `${what}: ended`)
  log.debug({}, `${what}: begins`)
  try {
    const value = await run()
    ended(outcomeOf(value))
    return value
  } catch (error) {
    ended(isBrickworkError(error) ? error.code : 'unexpected')
    throw error
  }
}
