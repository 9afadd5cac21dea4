/** Makes every layer of the host use the new size of a volume that has grown on the storage side. */
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

/** The caller holds the attachment lock. @throws `ERR_INVALID_ARGUMENT` when the volume is not attached. */
export async function resizeVolume(
  operation: Operation,
  connectorOf: (entry: Entry) => Connector,
  journal: Journal,
  wantedBytes: number | undefined,
): Promise<ResizeReport> {
  const known = await knownEntry(operation, journal)
  const { id, boot } = operation.claim.entry
  if (known?.state !== 'attached' || known.boot !== boot || known.result === null) throw notAttached(JSON.stringify(id))
  await operation.claim.update(known)
  const { device, beforeBytes, sizeBytes, layers } = await connectorOf(known).resize(operation, known, wantedBytes)
  await operation.progress.step('commit', async () => {
    await operation.claim.update({ result: { ...(known.result as NonNullable<typeof known.result>), sizeBytes } })
    await journal.write(operation.claim.entry)
  })
  return { id, device, beforeBytes, sizeBytes, layers, timings: operation.progress.timings }
}
