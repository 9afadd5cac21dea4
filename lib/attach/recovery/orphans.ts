/** Removes orphans: objects that this owner provably created and that no entry names. */
import { type BrickworkError, isBrickworkError } from '../../core/errors.js'
import { readBlockDevice } from '../../linux/block/device.js'
import type { RecoveryAction } from '../../api/recovery.js'
import { type Connector, type Orphan, type Release, resolveAllPending } from '../../operation/connector.js'
import type { Entry } from '../../operation/entry.js'
import { usersOf } from '../../operation/device-users.js'
import type { Operation } from '../../operation/operation.js'

/** Reads the entries of all known attachments, from claims and journal. */
export type ClaimedEntries = () => Promise<readonly Entry[]>

/** `volumes: false` leaves volumes alone: a call that adopts volumes doesn't remove those that it could not adopt. */
export interface RemovalOptions {
  readonly volumes: boolean
}

/** Removes orphans one after another. Queries again before each: an attach may have taken over an object since. */
export async function removeOrphans(
  operation: Operation,
  connector: Connector,
  claimed: ClaimedEntries,
  options: RemovalOptions,
): Promise<RecoveryAction[]> {
  const actions: RecoveryAction[] = []
  const tried = new Set<string>()
  try {
    for (;;) {
      const mine = (await connector.orphans?.(operation, claimed))?.mine ?? []
      const next = mine.find(({ what, volume }) => !tried.has(what) && (options.volumes || volume === undefined))
      if (next === undefined) return actions
      tried.add(next.what)
      actions.push(await removeOrphan(operation, connector, next))
    }
  } finally {
    await operation.claims.drop(operation.claim.entry.owner, operation.claim.entry.id)
  }
}

/** The actions of a removal, predicted without changing anything. */
export async function planRemoval(operation: Operation, orphans: readonly Orphan[]): Promise<RecoveryAction[]> {
  const { host, signal } = operation
  const actions: RecoveryAction[] = []
  const stays = new Map<string, string>()
  for (const orphan of orphans) {
    const device = orphan.device === undefined ? undefined : await readBlockDevice(host, orphan.device, signal)
    const use = device === undefined ? undefined : await usersOf(operation, device)
    const above = orphan.objects.map(({ key }) => stays.get(key)).find((what) => what !== undefined)
    if (use !== undefined) for (const { key } of orphan.volume?.objects ?? []) stays.set(key, orphan.what)
    if (use !== undefined) actions.push(leftAction(orphan, advice(orphan, use)))
    else if (above !== undefined) actions.push(leftAction(orphan, `it is needed by ${above}`))
    else actions.push(removed(orphan))
  }
  return actions
}
function removed({ what, reason }: Orphan): RecoveryAction {
  return { id: null, what, action: 'removed', reason }
}

async function removeOrphan(operation: Operation, connector: Connector, orphan: Orphan): Promise<RecoveryAction> {
  let release: Release | undefined
  const take = async (part: Operation) => {
    await operation.claim.update({ state: 'detaching', objects: [...orphan.objects], pending: [...orphan.pending] })
    await resolveAllPending(operation, connector, part)
    // The volume may have been handed out: flush written data first.
    release = await connector.release(part, { leaving: () => Promise.resolve(), flush: true })
  }
  try {
    // One removal that hangs must leave time for the others.
    const inTime = await operation.within(operation.remainingMs / 2, take)
    if (!inTime) return leftAction(orphan, 'its removal timed out')
    const [kept] = release?.kept ?? []
    return kept === undefined ? removed(orphan) : leftAction(orphan, kept.reason)
  } catch (error) {
    if (!isBrickworkError(error)) throw error
    return leftAction(orphan, advice(orphan, error))
  } finally {
    await operation.claim.update({ objects: [], pending: [] })
  }
}
function advice({ volume }: Orphan, { code, message }: BrickworkError): string {
  return code === 'ERR_HELD' && volume !== undefined
    ? `${message}; with \`adopt\` it becomes an attachment, which can be detached`
    : message
}
export function leftAction({ what, reason }: Pick<Orphan, 'what' | 'reason'>, why: string): RecoveryAction {
  return { id: null, what, action: 'left', reason: `${reason}; ${why}` }
}
