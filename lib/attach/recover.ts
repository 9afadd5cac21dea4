/** After a crash, a kill or a reboot: finishes or undoes what the journal says was under way. */
import { isBrickworkError } from '../core/errors.js'
import type { RecoveryAction } from '../types.js'
import { forget } from './attach-volume.js'
import type { Connector } from './connector.js'
import type { Entry } from './entry.js'
import type { Journal } from './journal.js'
import { linkPath } from './link.js'
import type { Operation } from './operation.js'

/** What should be done about an entry, before anything is done. */
export async function judge(operation: Operation, connector: Connector, known: Entry): Promise<RecoveryAction> {
  const say = (action: RecoveryAction['action'], reason: string): RecoveryAction => ({
    id: known.id,
    what: known.result?.device ?? known.state,
    action,
    reason,
  })
  if (known.boot !== operation.entry.boot)
    return say('forgotten', 'it belongs to an earlier boot of this host: its devices went with that; only what outlives a boot is removed')
  if (known.state === 'attaching') return say(known.pending.length > 0 ? 'settled' : 'undone', 'its attach was interrupted')
  if (known.state === 'detaching') return say('completed', 'its detach was interrupted')
  const there = await connector.locate(operation, known)
  if (there !== undefined) return say('kept', 'it is attached, and its device is there')
  return say('left', 'it is attached by the journal, and its device is not there as it was: detach it, or attach it again')
}

/** Does what {@link judge} said. The caller holds the lock of the attachment. */
export async function carryOut(
  operation: Operation,
  connector: Connector,
  journal: Journal,
  known: Entry,
  action: RecoveryAction,
): Promise<RecoveryAction> {
  const { host, entry } = operation
  if (action.action === 'kept') await journal.write(known) // its last line may have been lost with the process
  if (action.action === 'kept' || action.action === 'left') return action
  const sameBoot = known.boot === entry.boot
  await operation.update({
    ...known,
    boot: entry.boot,
    pid: entry.pid,
    state: known.state === 'attached' ? 'detaching' : known.state,
    objects: sameBoot ? known.objects : await connector.surviving(operation, known),
    pending: sameBoot ? known.pending : [],
  })
  try {
    for (const pending of operation.entry.pending) {
      await connector.settle(operation, pending)
      await operation.settled(pending.key)
    }
    const leaving = async () => {
      await host.files.remove(linkPath(operation.runDir, known.owner, known.id))
    }
    await connector.release(operation, { leaving, flush: known.state === 'detaching' })
    await forget(operation, journal)
    return action
  } catch (error) {
    if (!isBrickworkError(error)) throw error
    return { ...action, action: 'left', reason: `${action.reason}; ${error.message}` }
  }
}
