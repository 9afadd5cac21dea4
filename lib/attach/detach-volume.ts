import { isBrickworkError } from '../core/errors.js'
import type { DetachReport } from '../types.js'
import { forget, knownEntry } from './attach-volume.js'
import type { Connector } from './connector.js'
import type { Entry } from './entry.js'
import type { Journal } from './journal.js'
import { linkPath } from './link.js'
import type { Operation } from './operation.js'

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
  const objects = sameBoot ? known.objects : await connector.surviving(operation, known)
  const pending = sameBoot ? known.pending : []
  await operation.update({ ...known, boot: operation.entry.boot, pid: operation.entry.pid, state: 'detaching', objects, pending })
  try {
    return await release(operation, connector, journal)
  } catch (error) {
    // A device that is in use stays attached, as it was.
    if (isBrickworkError(error, 'ERR_HELD') && sameBoot) await operation.update({ state })
    throw error
  }
}

const nothing = { checks: [], kept: [], left: [], dataLossPossible: false, overridden: [] }

async function release(operation: Operation, connector: Connector, journal: Journal): Promise<DetachReport> {
  const { host, entry } = operation
  const link = linkPath(operation.runDir, entry.owner, entry.id)
  for (const pending of entry.pending) {
    await operation.step('settle-login', () => connector.settle(operation, pending))
    await operation.settled(pending.key)
  }
  const leaving = async () => {
    await host.files.remove(link)
  }
  const { checks, kept, left, dataLossPossible, overridden } = await connector.release(operation, { leaving, flush: true })
  await operation.step('record', () => forget(operation, journal))
  return { id: entry.id, outcome: 'released', checks, kept, left, dataLossPossible, overridden, timings: operation.timings }
}

/** For a connection that no entry knows: what the host has of it. */
export async function detachUnknown(operation: Operation, connector: Connector, objects: Entry['objects']): Promise<DetachReport> {
  if (objects.length === 0) return { id: null, outcome: 'already-released', ...nothing, timings: operation.timings }
  await operation.update({ state: 'detaching', objects })
  try {
    const leaving = () => Promise.resolve()
    const { checks, kept, left, dataLossPossible, overridden } = await connector.release(operation, { leaving, flush: true })
    return { id: null, outcome: 'released', checks, kept, left, dataLossPossible, overridden, timings: operation.timings }
  } finally {
    await operation.claims.drop(operation.entry.owner, operation.entry.id)
  }
}
