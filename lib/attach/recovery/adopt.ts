/** Creates attachments for volumes that this owner provably created and that no entry names: for an agent that has lost its journal. */
import { isBrickworkError } from '../../core/errors.js'
import type { RecoveryAction } from '../../api/recovery.js'
import { resultOf } from '../attach-volume.js'
import { knownEntry } from '../known-entry.js'
import { type AdoptableVolume, type Connector, type Orphan } from '../../operation/connector.js'
import type { Journal } from '../journal.js'
import { linkPath, makeLink } from '../stable-link.js'
import type { Operation } from '../../operation/operation.js'
import { leftAction, type ClaimedEntries } from './orphans.js'

/** The id contains the identity, so every attempt gives the same volume the same id. */
export function adoptedId({ name }: AdoptableVolume): string {
  return `adopted-${name}`
}
export function adoptionPlanned(orphan: Orphan, volume: AdoptableVolume): RecoveryAction {
  return { id: adoptedId(volume), what: orphan.what, action: 'adopted', reason: orphan.reason }
}

/**
 * Verifies the identity of the device before it writes anything durable. The caller holds the lock of the new attachment.
 * @returns `undefined` when the volume is no orphan any more: another operation has taken it over or removed it.
 */
export async function adoptVolume(
  operation: Operation,
  connector: Connector,
  journal: Journal,
  claimed: ClaimedEntries,
  what: string,
): Promise<RecoveryAction | undefined> {
  const { host, runDir } = operation
  const { entry } = operation.claim
  const found = await connector.orphans?.(operation, claimed)
  const orphan = found?.mine.find((each) => each.what === what)
  if (orphan?.volume === undefined) return undefined
  if ((await knownEntry(operation, journal)) !== undefined)
    return leftAction(orphan, `attachment ${JSON.stringify(entry.id)} exists already: detach that first`)
  await operation.claim.update({ connection: orphan.volume.connection, objects: [...orphan.volume.objects] })
  let verified = false
  try {
    const attached = await connector.locate(operation, operation.claim.entry)
    if (attached === undefined) return leftAction(orphan, 'its device is gone or has changed')
    await connector.reverify(operation, attached, undefined)
    verified = true
    const stableLink = linkPath(runDir, entry.owner, entry.id)
    await makeLink(host, stableLink, `/dev/${attached.device.name}`)
    await operation.claim.update({ state: 'attached', result: resultOf(attached, stableLink) })
    await journal.write(operation.claim.entry)
    return { id: entry.id, what: `/dev/${attached.device.name}`, action: 'adopted', reason: orphan.reason }
  } catch (error) {
    if (!isBrickworkError(error)) throw error
    // If only the journal write failed, the claim suffices: the next recovery writes the journal entry.
    return { ...leftAction(orphan, error.message), id: verified ? entry.id : null }
  } finally {
    if (!verified) await operation.claims.drop(entry.owner, entry.id)
  }
}
