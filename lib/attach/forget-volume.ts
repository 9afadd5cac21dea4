/** Gives up the record of an attachment. Changes nothing but Brickwork's own files: journal entry, claim and stable link. */
import type { Leftover } from '../api/detach-report.js'
import type { ForgetReport } from '../api/forget.js'
import { BrickworkError, isBrickworkError } from '../core/errors.js'
import { type Connector, survivingOf } from '../operation/connector.js'
import type { Entry, HostObject } from '../operation/entry.js'
import type { Operation } from '../operation/operation.js'
import { deleteEntry } from './attach-volume.js'
import { knownEntry } from './known-entry.js'
import type { Journal } from './journal.js'
import { notAttached } from './not-attached.js'
import { linkPath } from './stable-link.js'

/**
 * The caller holds the attachment lock. Only deletes files, each in one step, so a death at any moment leaves the attachment recorded or
 * forgotten; a repeated call deletes the rest.
 * @throws `ERR_NOT_ATTACHED`; `ERR_CONFLICT` when the host still has objects of the attachment, unless they may be left.
 */
export async function forgetVolume(
  operation: Operation,
  connectorOf: (entry: Entry) => Connector,
  journal: Journal,
  leaveRemaining: boolean,
): Promise<ForgetReport> {
  const { owner, id } = operation.claim.entry
  const known = await knownEntry(operation, journal)
  if (known === undefined) throw notAttached(id)
  const remaining = await operation.progress.step('find', () => remainingOf(operation, connectorOf(known), known))
  if (remaining.length > 0 && !leaveRemaining) throw stillThere(id, remaining)
  await operation.progress.step('commit', async () => {
    await operation.host.files.remove(linkPath(operation.runDir, owner, id))
    await deleteEntry(operation, journal)
  })
  return { id, remaining, timings: operation.progress.timings }
}

function stillThere(id: string, remaining: readonly Leftover[]): BrickworkError {
  const objects = remaining.map(({ what }) => what).join(', ')
  const advice = 'Detach it, or forget it with leaveRemaining to leave them on the host'
  return new BrickworkError('ERR_CONFLICT', `${JSON.stringify(id)} still has objects on this host: ${objects}. ${advice}`, {
    details: { remaining },
  })
}

/** The objects that the attachment created and no other attachment uses, as far as they are there, and its pending logins. */
async function remainingOf(operation: Operation, connector: Connector, known: Entry): Promise<Leftover[]> {
  const sameBoot = known.boot === operation.claim.entry.boot
  const objects = sameBoot ? known.objects : await survivingOf(operation, connector, known)
  const own = objects.filter(({ origin }) => origin !== 'found')
  const found = await Promise.all(own.map((object) => ofObject(operation, connector, object)))
  const pending = sameBoot ? known.pending : []
  return [
    ...found.filter((each) => each !== undefined),
    ...pending.map(({ key }): Leftover => ({ what: key, reason: 'a daemon may still finish it' })),
  ]
}
async function ofObject(operation: Operation, connector: Connector, object: HostObject): Promise<Leftover | undefined> {
  if ((await operation.claim.others(object.key)).length > 0) return undefined
  try {
    const what = await connector.remaining?.(operation, object)
    return what === undefined ? undefined : { what, reason: 'the attachment created it' }
  } catch (error) {
    operation.signal.throwIfAborted()
    if (!isBrickworkError(error)) throw error
    return { what: object.key, reason: `it is not known whether it is still there: ${error.message}` }
  }
}
