import { isBrickworkError } from '../core/errors.js'
import type { DetachReport } from '../api/detach-report.js'
import { forget, knownEntry } from './attach-volume.js'
import { type Connector, type Discovered, resolveAllPending, survivingOf } from '../operation/connector.js'
import type { Entry } from '../operation/entry.js'
import type { Journal } from './journal.js'
import { linkPath } from './stable-link.js'
import type { Operation } from '../operation/operation.js'

/** Takes away what is known of an attachment. The caller holds the lock of the attachment. */
export async function detachVolume(
  operation: Operation,
  connectorOf: (entry: Entry) => Connector,
  journal: Journal,
): Promise<DetachReport> {
  const known = await knownEntry(operation, journal)
  if (known === undefined) return { id: operation.entry.id, outcome: 'already-released', ...nothing, timings: operation.timings }
  const connector = connectorOf(known)
  const sameBoot = known.boot === operation.entry.boot
  const state = sameBoot ? known.state : 'detaching'
  const objects = sameBoot ? known.objects : await survivingOf(operation, connector, known)
  const pending = sameBoot ? known.pending : []
  await operation.update({ ...known, boot: operation.entry.boot, pid: operation.entry.pid, state: 'detaching', objects, pending })
  const progress = { left: false }
  try {
    return await release(operation, connector, journal, progress)
  } catch (error) {
    // A detach that is refused before anything went leaves all attached, as it was: also what it has found out on the way is nobody's.
    if (isBrickworkError(error) && sameBoot && !progress.left) await operation.update({ state, objects })
    throw isBrickworkError(error) && progress.left ? error.with({ sideEffects: 'left' }) : error
  }
}

const nothing = { checks: [], kept: [], left: [], dataLossPossible: false, overridden: [] }

async function release(operation: Operation, connector: Connector, journal: Journal, progress: { left: boolean }): Promise<DetachReport> {
  const { host, entry } = operation
  const link = linkPath(operation.runDir, entry.owner, entry.id)
  if (entry.pending.length > 0) await operation.step('settle-login', () => resolveAllPending(operation, connector))
  const leaving = async () => {
    progress.left = true
    await host.files.remove(link)
  }
  const { checks, kept, left, dataLossPossible, overridden } = await connector.release(operation, { leaving, flush: true })
  await operation.step('record', () => forget(operation, journal))
  return { id: entry.id, outcome: 'released', checks, kept, left, dataLossPossible, overridden, timings: operation.timings }
}

/** For a connection that no entry knows: what the host has of it, and what is left of an earlier try. */
export async function detachUnknown(operation: Operation, connector: Connector, { objects, ours }: Discovered): Promise<DetachReport> {
  const { claims, entry } = operation
  const begun = (await claims.read(entry.owner, entry.id))?.objects ?? []
  const all = [...begun.filter(({ key }) => !objects.some((each) => each.key === key)), ...objects]
  if (all.length === 0) return { id: null, outcome: 'already-released', ...nothing, timings: operation.timings }
  await operation.update({ state: 'detaching', objects: all })
  const progress = { left: false }
  const leaving = () => {
    progress.left = true
    return Promise.resolve()
  }
  try {
    const { checks, kept, left, dataLossPossible, overridden } = await connector.release(operation, { leaving, flush: true })
    await claims.drop(entry.owner, entry.id)
    return { id: null, outcome: 'released', checks, kept, left, dataLossPossible, overridden, timings: operation.timings }
  } catch (error) {
    // Others may have left to this claim what they had: what is not done stays written down, for the next try or for recover().
    const due = operation.entry.objects.filter(({ key }) => progress.left || ours.has(key))
    if (due.length === 0) await claims.drop(entry.owner, entry.id)
    else await operation.update({ objects: due })
    throw isBrickworkError(error) && progress.left ? error.with({ sideEffects: 'left' }) : error
  }
}
