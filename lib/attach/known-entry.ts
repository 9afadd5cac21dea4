/** What is recorded of an attachment, in this boot or an earlier one. */
import { isBrickworkError } from '../core/errors.js'
import type { Entry } from '../operation/entry.js'
import type { Operation } from '../operation/operation.js'
import type { Journal } from './journal.js'

/** The claim of this boot, or else the journal entry. An entry of an earlier boot that was `attached` is returned as `detaching`. */
export async function knownEntry(operation: Operation, journal: Journal): Promise<Entry | undefined> {
  const { boot } = operation.claim.entry
  const { durable, claim } = await recordsOf(operation, journal)
  // A claim without a journal entry remains when a roll-back or a detach was interrupted between deleting the entry and deleting the claim.
  if (claim !== undefined) return claim
  return durable === undefined || durable.boot === boot
    ? durable
    : { ...durable, state: durable.state === 'attached' ? 'detaching' : durable.state }
}

/** Both files in one call. If one of them can't be read, reading each by itself gives the reason. */
async function recordsOf({ host, claims, claim: { entry } }: Operation, journal: Journal) {
  const { id, owner } = entry
  const texts = await host.files.readFiles([journal.fileOf(id), claims.fileOf(owner, id)]).catch((error: unknown) => {
    if (!isBrickworkError(error)) throw error
    return undefined
  })
  if (texts === undefined) return { durable: await journal.read(id), claim: await claims.read(owner, id) }
  return { durable: journal.entryIn(id, texts[0]), claim: claims.claimIn(owner, id, texts[1]) }
}
