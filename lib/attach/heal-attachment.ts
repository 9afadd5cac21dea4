/** Brings up the missing paths of an attachment, and records them. */
import type { HealedAttachment } from '../api/heal.js'
import { isBrickworkError } from '../core/errors.js'
import { resolveAllPending, type Connector, type Healed } from '../operation/connector.js'
import type { Entry } from '../operation/entry.js'
import type { Operation } from '../operation/operation.js'
import { knownEntry } from './known-entry.js'
import type { Journal } from './journal.js'
import { notAttached } from './not-attached.js'

const NOTHING: Healed = { paths: [] }
/** Most abandoned logins end within this time. The others stay pending and are resolved later. */
const SOON_MS = 1000

/**
 * The caller holds the attachment lock.
 * @param given the connection with the caller's credentials; `undefined`: as it is recorded
 * @throws an error when the volume is not attached, or when no path could be tried. The attachment is then as before.
 */
export async function healAttachment(
  operation: Operation,
  connectorOf: (protocol: string) => Connector,
  journal: Journal,
  given: Entry['connection'] | undefined,
): Promise<HealedAttachment> {
  const known = await knownEntry(operation, journal)
  const { id, boot } = operation.claim.entry
  if (known?.state !== 'attached' || known.boot !== boot || known.result === null) throw notAttached(id)
  const { result } = known
  await operation.claim.update(known)
  const connector = connectorOf(known.connection.protocol)
  const { paths, attached } = await heal(operation, connector, known, given)
  await operation.within(SOON_MS, (part) => resolveAllPending(operation, connector, part))
  await operation.progress.step('commit', async () => {
    const now = attached === undefined ? result : { ...result, paths: attached.paths.map((path) => ({ ...path })), named: attached.named }
    if (JSON.stringify([recorded(known), result]) === JSON.stringify([recorded(operation.claim.entry), now])) return
    await operation.claim.update({ result: now })
    await journal.write(operation.claim.entry)
  })
  return { id, device: result.device, paths, timings: operation.progress.timings }
}

async function heal(operation: Operation, connector: Connector, known: Entry, given: Entry['connection'] | undefined): Promise<Healed> {
  try {
    return (await connector.heal?.(operation, known, given ?? known.connection)) ?? NOTHING
  } catch (error) {
    if (isBrickworkError(error) && error.code !== 'ERR_INTERNAL') await operation.claim.update({ paths: known.paths })
    throw error
  }
}
const recorded = ({ objects, pending, paths }: Entry) => [objects, pending, paths]
