/** Makes every layer of the host use the new size of a volume that has grown on the storage side. */
import type { ResizeReport } from '../api/attacher.js'
import { knownEntry } from './known-entry.js'
import type { Connector } from '../operation/connector.js'
import type { Entry } from '../operation/entry.js'
import type { Journal } from './journal.js'
import { notAttached } from './not-attached.js'
import type { Operation } from '../operation/operation.js'

/** The caller holds the attachment lock. @throws `ERR_NOT_ATTACHED` */
export async function resizeVolume(
  operation: Operation,
  connectorOf: (entry: Entry) => Connector,
  journal: Journal,
  wantedBytes: number | undefined,
): Promise<ResizeReport> {
  const known = await knownEntry(operation, journal)
  const { id, boot } = operation.claim.entry
  if (known === undefined) throw notAttached(id)
  if (known.boot !== boot) throw notAttached(id, 'was attached before the last boot of this host; attach it again')
  if (known.state !== 'attached' || known.result === null) throw notAttached(id, `is not attached: its state is '${known.state}'`)
  await operation.claim.update(known)
  const { device, beforeBytes, sizeBytes, layers } = await connectorOf(known).resize(operation, known, wantedBytes)
  await operation.progress.step('commit', async () => {
    await operation.claim.update({ result: { ...(known.result as NonNullable<typeof known.result>), sizeBytes } })
    await journal.write(operation.claim.entry)
  })
  return { id, device, beforeBytes, sizeBytes, layers, timings: operation.progress.timings }
}
