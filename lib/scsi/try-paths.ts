/** Tries the paths of a connection without looking for the volume: connects those that are down. */
import { type BrickworkError, isBrickworkError } from '../core/errors.js'
import type { Connection } from '../api/connection.js'
import type { TriedPath } from '../operation/tried-path.js'
import type { Operation } from '../operation/operation.js'
import type { NamedPath, Transport } from './transport.js'

/** A path that is up is left alone. The caller's roll-back disconnects the others. */
export async function tryPaths(operation: Operation, transport: Transport, connection: Connection): Promise<TriedPath[]> {
  await transport.prepare?.(operation, connection)
  const { paths, missing } = await transport.resolve(operation, connection, 'all')
  const tried = await Promise.all(paths.map((path) => tryPath(operation, transport, path, connection)))
  return [...tried, ...missing.map((error): TriedPath => ({ path: error.message, outcome: error }))]
}

async function tryPath(operation: Operation, transport: Transport, path: NamedPath, connection: Connection): Promise<TriedPath> {
  if ((await transport.find(operation, path)) !== undefined) return { path: path.label, outcome: 'was up' }
  try {
    await transport.connect(operation, path, connection, operation.remainingMs)
    return { path: path.label, outcome: 'connected' }
  } catch (error) {
    operation.signal.throwIfAborted()
    if (!isBrickworkError(error) || error.code === 'ERR_INTERNAL') throw error
    const failure: BrickworkError = error
    return { path: path.label, outcome: failure }
  }
}
