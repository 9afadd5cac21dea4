/**
 * What this library made and nobody speaks of any more, by proof. The only mark that outlives our files is the one in a node record: from
 * it follows whose a session is, from the session whose its disks are, and from the disks whose their map is.
 */
import type { Orphan, Orphans, Stray } from '../../operation/connector.js'
import type { Entry, Pending } from '../../operation/entry.js'
import type { Operation } from '../../operation/operation.js'
import { formatTarget } from '../../linux/iscsi/record.js'
import type { RecordSeen } from '../../linux/iscsi/record-survey.js'
import { pendingLogin, sessionObject } from './objects.js'
import { orphanVolumes } from '../../scsi/volume/orphan-volumes.js'
import { REOPEN_SEC } from './login-window.js'
import { isFor, objectOf, type SessionSeen, type Spoken, type Survey, survey, targetOf } from './survey.js'

/** The host is looked at first: whatever an attach made by then, its claim said so before. */
export async function findOrphans(operation: Operation, spoken: () => Promise<readonly Entry[]>): Promise<Orphans> {
  const seen = await survey(operation)
  const entries = await spoken()
  const keys = new Set(entries.flatMap(({ objects, pending }) => [...objects, ...pending].map(({ key }) => key)))
  const { owner } = operation.entry
  const sessions = seen.sessions.filter((each) => !isOnItsWay(each, keys))
  const ours = sessions.filter(({ records }) => whose(records, owner) === 'ours')
  const volumes = orphanVolumes(seen, ours, keys)
  return {
    mine: [
      ...volumes.mine,
      ...ours.flatMap((each) => orphanSession(operation, each, keys)),
      ...loneRecords(seen, owner, keys).map((record) => orphanRecord(operation, record)),
    ],
    foreign: [
      ...volumes.foreign,
      ...sessions.flatMap(({ session, records }) => strayOf(session.id, records, owner, keys)),
      ...strayRecords(seen, owner, keys),
    ],
  }
}

/** A session through a single record is that record's. With a second one beside it nobody can say through which it was logged in. */
function whose(records: readonly RecordSeen[], owner: string): 'ours' | 'other owner' | 'mixed' | 'foreign' {
  if (!records.some(({ ours }) => ours)) return 'foreign'
  if (!records.every(({ ours }) => ours)) return 'mixed'
  return records.every((record) => record.owner === owner) ? 'ours' : 'other owner'
}
function isOnItsWay({ session: { target: iqn, portal, iface } }: SessionSeen, keys: Spoken): boolean {
  return keys.has(pendingLogin({ iqn, portal, iface, lun: 0n }, '', 0).key)
}

function orphanSession(operation: Operation, { session, records }: SessionSeen, keys: Spoken): Orphan[] {
  const object = sessionObject(session, 'made')
  if (keys.has(object.key)) return []
  const what = `session ${session.id} to ${formatTarget(session)}`
  const reason = 'nobody claims it, and its only node record bears our mark'
  const objects = [object, ...records.map((record) => objectOf(record))]
  return [{ what, reason, objects, pending: session.state === 'LOGGED_IN' ? [] : records.flatMap((each) => mayComeUp(operation, each)) }]
}
/** Records of ours without a session. */
function loneRecords({ records, sessions }: Survey, owner: string, keys: Spoken): RecordSeen[] {
  return records.filter(
    (record) =>
      record.ours && record.owner === owner && !keys.has(objectOf(record).key) && !sessions.some(({ session }) => isFor(record, session)),
  )
}
function orphanRecord(operation: Operation, record: RecordSeen): Orphan {
  const reason = 'nobody claims it, and it bears our mark'
  return { what: `node record ${record.path}`, reason, objects: [objectOf(record)], pending: mayComeUp(operation, record) }
}

/** A login through the record may have been begun by a process that is dead by now, and iscsid may still have it in hand. */
function mayComeUp({ host }: Operation, record: RecordSeen): Pending[] {
  const untilMs = record.modifiedMs + (record.loginTimeoutSec + REOPEN_SEC) * 1000
  return untilMs <= host.clock.wallMs() ? [] : [pendingLogin(targetOf(record), record.path, untilMs)]
}

/** What looks like ours and can't be proven to be, or is another owner's: told, and left alone. */
function strayOf(session: number, records: readonly RecordSeen[], owner: string, keys: Spoken): Stray[] {
  if (keys.has(`session ${session}`)) return []
  const [record] = records
  if (record === undefined) return []
  const what = `session ${session} to ${formatTarget(record)}`
  switch (whose(records, owner)) {
    case 'ours':
    case 'foreign':
      return []
    case 'mixed':
      return [{ what, reason: 'another program has a node record of the same portal beside ours: whose the session is cannot be proven' }]
    case 'other owner':
      return [{ what, reason: `it was made for ${nameOf(record.owner)}, whose own recovery takes it away` }]
  }
}
function strayRecords({ records, sessions }: Survey, owner: string, keys: Spoken): Stray[] {
  return records.flatMap((record): Stray[] => {
    const lone = record.ours && record.owner !== owner && !keys.has(objectOf(record).key)
    if (!lone || sessions.some(({ session }) => isFor(record, session))) return []
    return [{ what: `node record ${record.path}`, reason: `it was made for ${nameOf(record.owner)}, whose own recovery takes it away` }]
  })
}
const nameOf = (owner: string | undefined) => (owner === undefined ? 'an owner that it does not name' : `owner ${JSON.stringify(owner)}`)
