/** A volume that has grown on the storage side: every layer of the host learns its size, or the caller is told which has not. */
import { BrickworkError } from '../core/errors.js'
import type { ResizeReport } from '../api/attacher.js'
import { knownEntry } from './attach-volume.js'
import type { Connector } from '../operation/connector.js'
import type { Entry } from '../operation/entry.js'
import type { Journal } from './journal.js'
import type { Operation } from '../operation/operation.js'

export function notAttached(what: string): BrickworkError {
  return new BrickworkError('ERR_INVALID_ARGUMENT', `${what} is not attached`, { details: { field: 'id' } })
}

/** The caller holds the lock of the attachment. */
export async function resizeVolume(
  operation: Operation,
  connectorOf: (entry: Entry) => Connector,
  journal: Journal,
  wantedBytes: number | undefined,
): Promise<ResizeReport> {
  const known = await knownEntry(operation, journal)
  const { id, boot } = operation.entry
  if (known?.state !== 'attached' || known.boot !== boot || known.result === null) throw notAttached(JSON.stringify(id))
  await operation.update(known)
  const { device, beforeBytes, sizeBytes, layers } = await connectorOf(known).resize(operation, known, wantedBytes)
  await operation.step('record', async () => {
    await operation.update({ result: { ...(known.result as NonNullable<typeof known.result>), sizeBytes } })
    await journal.write(operation.entry)
  })
  return { id, device, beforeBytes, sizeBytes, layers, timings: operation.timings }
}
