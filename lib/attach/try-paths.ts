/** Tries the paths of a connection: connects each that is down, and disconnects it again. The rest of an attach does not happen. */
import type { Connection } from '../api/connection.js'
import { BrickworkError, isBrickworkError } from '../core/errors.js'
import type { Connector } from '../operation/connector.js'
import type { TriedPath, TriedPaths } from '../operation/tried-path.js'
import type { Operation } from '../operation/operation.js'
import { attachVolume } from './attach-volume.js'
import type { Journal } from './journal.js'

/**
 * An attach that gives up after its paths are up: the same journal, claims, locks and roll-back, so that nothing remains even if this process
 * dies on the way.
 * @throws what an attach throws before it tries a path.
 */
export async function tryPaths(
  operation: Operation,
  connector: Connector,
  journal: Journal,
  connection: Connection,
  connectorOf: (protocol: string) => Connector,
): Promise<TriedPaths> {
  let paths: readonly TriedPath[] | undefined
  const giveUp = new BrickworkError('ERR_ABORTED', 'Only the paths were to be tried')
  const connectOnly: Connector = {
    ...connector,
    attach: async (running, wanted) => {
      paths = (await connector.tryPaths?.(running, wanted)) ?? []
      throw giveUp
    },
  }
  try {
    await attachVolume(operation, connectOnly, journal, { id: operation.claim.entry.id, connection }, connectorOf)
  } catch (error) {
    if (paths === undefined || !isBrickworkError(error)) throw error
    const { undo } = error.details as { undo?: { message?: string } }
    const remaining = error.sideEffects === 'left' || error.sideEffects === 'pending' ? (undo?.message ?? error.sideEffects) : undefined
    return { paths, remaining }
  }
  return { paths: paths ?? [], remaining: undefined }
}
