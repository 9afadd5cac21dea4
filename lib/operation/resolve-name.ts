/** Resolves a name that a connection has instead of an address. */
import { Window } from '../core/deadline.js'
import { BrickworkError, isBrickworkError } from '../core/errors.js'
import { resolveHostName } from '../linux/host-names.js'
import type { Operation } from './operation.js'

/** glibc asks the next name server after 5 s. */
const LONGEST_MS = 10_000

/** @throws `ERR_TARGET_UNREACHABLE` when the name has no address, or when nobody says so in time. */
export async function resolveName(operation: Operation, name: string): Promise<readonly [string, ...string[]]> {
  const [first, ...more] = await operation.progress.step('resolve-paths', () => lookedUp(operation, name), name)
  if (first === undefined) throw unknown(name, 'the host finds no address for it')
  return [first, ...more]
}
async function lookedUp({ host, signal, remainingMs }: Operation, name: string): Promise<string[]> {
  using window = new Window(host.clock, Math.min(LONGEST_MS, remainingMs / 2), signal, `look-up of ${name}`)
  return await resolveHostName(host, name, window.signal).catch((error: unknown) => {
    signal.throwIfAborted()
    if (!window.signal.aborted || !isBrickworkError(error)) throw error
    throw unknown(name, 'the look-up was not answered in time', error)
  })
}
function unknown(name: string, why: string, cause?: unknown): BrickworkError {
  return noAddress(name, `The name ${name} cannot be resolved: ${why}`, cause)
}
/** @param name the text that the connection has instead of an address. */
export function noAddress(name: string, message: string, cause?: unknown): BrickworkError {
  return new BrickworkError('ERR_TARGET_UNREACHABLE', message, { details: { name }, ...(cause === undefined ? {} : { cause }) })
}
