/** After a crash, a kill or a reboot: finishes or rolls back the operation that the journal records. */
import { isBrickworkError } from '../../core/errors.js'
import type { RecoveryAction, RecoveryVerb } from '../../api/recovery.js'
import { deleteEntry } from '../attach-volume.js'
import { type Connector, type AttachedDevice, resolveAllPending, survivingOf } from '../../operation/connector.js'
import type { Entry } from '../../operation/entry.js'
import { formatEntry } from '../../operation/entry-text.js'
import { releaseAttachment } from '../shared-access.js'
import type { Operation } from '../../operation/operation.js'
import type { Journal } from '../journal.js'
import { linkPath, makeLink } from '../stable-link.js'

export interface Judgement {
  readonly action: RecoveryAction
  /** The device, if the action is `kept`. */
  readonly device?: AttachedDevice
}

/** Decides what to do about an entry. Changes nothing. */
export async function judge(operation: Operation, connector: Connector, known: Entry): Promise<Judgement> {
  const say = (action: RecoveryVerb, reason: string, device?: AttachedDevice): Judgement => ({
    action: { id: known.id, what: known.result?.device ?? known.state, action, reason },
    ...(device === undefined ? {} : { device }),
  })
  if (known.boot !== operation.claim.entry.boot)
    return say(
      'forgotten',
      'it belongs to an earlier boot of this host: its devices are gone; only objects that outlive a boot are removed',
    )
  if (known.state === 'attaching') return say(known.pending.length > 0 ? 'resolved' : 'undone', 'its attach was interrupted')
  if (known.state === 'detaching') return say('completed', 'its detach was interrupted')
  const there = await connector.locate(operation, known)
  if (there !== undefined) return say('kept', 'it is attached, and its device is there', there)
  return say('left', 'the journal says that it is attached, but its device is gone or has changed: detach it, or attach it again')
}

/** Does what {@link judge} decided. The caller holds the attachment lock. */
export async function carryOut(
  operation: Operation,
  connector: Connector,
  journal: Journal,
  known: Entry,
  { action, device }: Judgement,
): Promise<RecoveryAction> {
  const { host } = operation
  const { entry } = operation.claim
  if (device !== undefined) return await confirm(operation, connector, journal, known, action, device)
  if (action.action === 'left') return action
  const sameBoot = known.boot === entry.boot
  await operation.claim.update({
    ...known,
    boot: entry.boot,
    pid: entry.pid,
    state: known.state === 'attached' ? 'detaching' : known.state,
    objects: sameBoot ? known.objects : await survivingOf(operation, connector, known),
    pending: sameBoot ? known.pending : [],
  })
  try {
    await resolveAllPending(operation, connector)
    const leaving = async () => {
      await host.files.remove(linkPath(operation.runDir, known.owner, known.id))
    }
    await releaseAttachment(operation, connector, { leaving, flush: known.state === 'detaching' })
    await deleteEntry(operation, journal)
    return action
  } catch (error) {
    if (!isBrickworkError(error)) throw error
    return { ...action, action: 'left', reason: `${action.reason}; ${error.message}` }
  }
}

/** Keeps the attachment. Writes lost journal entries, claims and links again, and resolves pending logins of late paths. */
async function confirm(
  operation: Operation,
  connector: Connector,
  journal: Journal,
  attached: Entry,
  action: RecoveryAction,
  { device }: AttachedDevice,
): Promise<RecoveryAction> {
  const { host, claims } = operation
  const again: string[] = []
  try {
    if (attached.pending.length > 0) {
      await operation.claim.update(attached)
      await resolveAllPending(operation, connector)
    }
    const known = { ...attached, ...(attached.pending.length === 0 ? {} : { objects: operation.claim.entry.objects }), pending: [] }
    if ((await claims.read(known.owner, known.id)) === undefined) {
      await claims.write(known)
      again.push('claim')
    }
    const link = known.result?.stableLink ?? undefined
    if (link !== undefined && (await host.files.readLink(link)) !== `/dev/${device.name}`) {
      await makeLink(host, link, `/dev/${device.name}`)
      again.push('link')
    }
    const durable = await journal.read(known.id)
    if (durable === undefined || formatEntry(durable) !== formatEntry(known)) await journal.write(known)
    if (durable === undefined) again.push('journal entry')
  } catch (error) {
    if (!isBrickworkError(error)) throw error
    return { ...action, action: 'left', reason: `${action.reason}; ${error.message}` }
  }
  const resolved = attached.pending.length === 0 ? '' : `; resolved: ${attached.pending.map(({ key }) => key).join(', ')}`
  return { ...action, reason: `${action.reason}${resolved}${again.length === 0 ? '' : `; restored: ${again.join(', ')}`}` }
}
