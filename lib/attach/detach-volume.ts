import { isBrickworkError } from '../core/errors.js'
import type { DetachReport } from '../api/detach-report.js'
import { deleteEntry } from './attach-volume.js'
import { knownEntry } from './known-entry.js'
import { type Connector, type Discovered, type Release, resolveAllPending, survivingOf } from '../operation/connector.js'
import type { Entry, HostObject } from '../operation/entry.js'
import type { Journal } from './journal.js'
import { linkPath } from './stable-link.js'
import { releaseAttachment } from './shared-access.js'
import type { Operation } from '../operation/operation.js'

/** Removes everything recorded about an attachment. The caller holds the attachment lock. */
export async function detachVolume(
  operation: Operation,
  connectorOf: (entry: Entry) => Connector,
  journal: Journal,
): Promise<DetachReport> {
  const known = await knownEntry(operation, journal)
  if (known === undefined)
    return { id: operation.claim.entry.id, outcome: 'already-released', ...nothing, timings: operation.progress.timings }
  const connector = connectorOf(known)
  const sameBoot = known.boot === operation.claim.entry.boot
  const state = sameBoot ? known.state : 'detaching'
  const objects = sameBoot ? known.objects : await survivingOf(operation, connector, known)
  const pending = sameBoot ? known.pending : []
  await operation.claim.update({
    ...known,
    boot: operation.claim.entry.boot,
    pid: operation.claim.entry.pid,
    state: 'detaching',
    objects,
    pending,
  })
  const progress: Progress = { isRemoving: false, owned: objects }
  try {
    return await release(operation, connector, journal, progress)
  } catch (error) {
    // A detach that fails before it removed anything leaves the attachment as it was, and drops objects that it only discovered on the way.
    if (isBrickworkError(error) && sameBoot && !progress.isRemoving) await operation.claim.update({ state, objects: [...progress.owned] })
    throw isBrickworkError(error) && progress.isRemoving ? error.with({ sideEffects: 'left' }) : error
  }
}

interface Progress {
  isRemoving: boolean
  /** What stays recorded after a detach that has removed nothing. */
  owned: readonly HostObject[]
}
function partsOf({ checks, kept, remaining, dataLossPossible, overridden, stillVisible }: Release): Release {
  return { checks, kept, remaining, dataLossPossible, overridden, ...(stillVisible === undefined ? {} : { stillVisible }) }
}
const nothing = { checks: [], kept: [], remaining: [], dataLossPossible: false, overridden: [] }

async function release(operation: Operation, connector: Connector, journal: Journal, progress: Progress): Promise<DetachReport> {
  const { host } = operation
  const { entry } = operation.claim
  const link = linkPath(operation.runDir, entry.owner, entry.id)
  try {
    if (entry.pending.length > 0) await operation.progress.step('resolve-login', () => resolveAllPending(operation, connector))
  } finally {
    progress.owned = operation.claim.entry.objects // also what came of pending logins
  }
  const leaving = async () => {
    progress.isRemoving = true
    await host.files.remove(link)
  }
  const released = await releaseAttachment(operation, connector, { leaving, flush: true })
  await operation.progress.step('commit', () => deleteEntry(operation, journal))
  return { id: entry.id, outcome: 'released', ...partsOf(released), timings: operation.progress.timings }
}

/** For a connection without an entry: removes what the host has of the volume, and what an earlier attempt of this detach recorded. */
export async function detachUnknown(operation: Operation, connector: Connector, { objects, created }: Discovered): Promise<DetachReport> {
  const { claims } = operation
  const { entry } = operation.claim
  const begun = (await claims.read(entry.owner, entry.id))?.objects ?? []
  const all = [...begun.filter(({ key }) => !objects.some((each) => each.key === key)), ...objects]
  if (all.length === 0) return { id: null, outcome: 'already-released', ...nothing, timings: operation.progress.timings }
  await operation.claim.update({ state: 'detaching', objects: all })
  const progress = { isRemoving: false }
  const leaving = () => {
    progress.isRemoving = true
    return Promise.resolve()
  }
  try {
    const released = await releaseAttachment(operation, connector, { leaving, flush: true })
    await claims.drop(entry.owner, entry.id)
    return { id: null, outcome: 'released', ...partsOf(released), timings: operation.progress.timings }
  } catch (error) {
    // Other attachments may have left shared objects to this claim. Record what is still to be removed, for the next detach or recover().
    const due = operation.claim.entry.objects.filter(({ key }) => progress.isRemoving || created.has(key))
    if (due.length === 0) await claims.drop(entry.owner, entry.id)
    else await operation.claim.update({ objects: due })
    throw isBrickworkError(error) && progress.isRemoving ? error.with({ sideEffects: 'left' }) : error
  }
}
