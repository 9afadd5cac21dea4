/**
 * Finds orphans: sessions and records that Brickwork created and no entry names. Only the mark in a node record outlives Brickwork's state
 * files. The record shows who created the session, the session who created its disks, and the disks who created their map.
 */
import { formatTarget } from '../../linux/iscsi/record.js'
import type { SurveyedRecord } from '../../linux/iscsi/record-survey.js'
import type { Orphan, Unverified } from '../../operation/connector.js'
import type { Pending } from '../../operation/entry.js'
import type { Operation } from '../../operation/operation.js'
import type { SurveyOrphans } from '../../scsi/transport.js'
import { REOPEN_SEC } from './login-window.js'
import { loginKey, pendingLogin, sessionKey } from './objects.js'
import { endpointOf, isFor, objectOf, type SurveyedSession } from './session-seen.js'

type Keys = ReadonlySet<string>

export function orphanSessions(
  operation: Operation,
  all: readonly SurveyedSession[],
  records: readonly SurveyedRecord[],
  claimed: Keys,
): SurveyOrphans<SurveyedSession> {
  const { owner } = operation.claim.entry
  const sessions = all.filter((each) => !isOnItsWay(each, claimed))
  const created = sessions.filter((each) => whose(each.records, owner) === 'ours')
  const unused = records.filter(
    (record) => !claimed.has(objectOf(record).key) && !sessions.some(({ nexus }) => isFor(record, nexus.session)),
  )
  return {
    created,
    proof: "no claim names it, and its session was created by a login through a node record with Brickwork's mark",
    mine: [
      ...created.flatMap((each) => orphanSession(operation, each, claimed)),
      ...unused.filter((record) => record.ours && record.owner === owner).map((record) => orphanRecord(operation, record)),
    ],
    foreign: [
      ...sessions.flatMap(({ nexus, records: own }) => unverifiedSession(nexus.session.id, own, owner, claimed)),
      ...unused.filter((record) => record.ours && record.owner !== owner).map(unverifiedRecord),
    ],
  }
}

/** A session with a single record was logged in through it. With a second record nobody can tell which one was used. */
function whose(records: readonly SurveyedRecord[], owner: string): 'ours' | 'other owner' | 'mixed' | 'foreign' {
  if (!records.some(({ ours }) => ours)) return 'foreign'
  if (!records.every(({ ours }) => ours)) return 'mixed'
  return records.every((record) => record.owner === owner) ? 'ours' : 'other owner'
}
function isOnItsWay({ nexus: { session } }: SurveyedSession, keys: Keys): boolean {
  const { target: iqn, portal, iface } = session
  return keys.has(loginKey({ iqn, portal, iface }))
}

function orphanSession(operation: Operation, { nexus: { session }, records, objects }: SurveyedSession, keys: Keys): Orphan[] {
  if (keys.has(sessionKey(session.id))) return []
  const what = `session ${session.id} to ${formatTarget(session)}`
  const reason = "no claim names it, and its only node record has Brickwork's mark"
  return [{ what, reason, objects, pending: session.state === 'LOGGED_IN' ? [] : records.flatMap((each) => mayComeUp(operation, each)) }]
}
function orphanRecord(operation: Operation, record: SurveyedRecord): Orphan {
  const reason = "no claim names it, and it has Brickwork's mark"
  return { what: `node record ${record.path}`, reason, objects: [objectOf(record)], pending: mayComeUp(operation, record) }
}

/** A process that is dead now may have started a login through the record, and iscsid may still work on it. */
function mayComeUp({ host }: Operation, record: SurveyedRecord): Pending[] {
  const untilMs = record.modifiedMs + (record.loginTimeoutSec + REOPEN_SEC) * 1000
  return untilMs <= host.clock.wallMs() ? [] : [pendingLogin(endpointOf(record), record.path, untilMs)]
}

/** Sessions that may be Brickwork's without proof, or belong to another owner. They are reported and left alone. */
function unverifiedSession(session: number, records: readonly SurveyedRecord[], owner: string, keys: Keys): Unverified[] {
  if (keys.has(sessionKey(session))) return []
  const [record] = records
  if (record === undefined) return []
  const what = `session ${session} to ${formatTarget(record)}`
  switch (whose(records, owner)) {
    case 'ours':
    case 'foreign':
      return []
    case 'mixed':
      return [{ what, reason: 'another program also has a node record of this portal: the creator of the session cannot be verified' }]
    case 'other owner':
      return [{ what, reason: `it was created for ${nameOf(record.owner)}, whose own recovery removes it` }]
  }
}
function unverifiedRecord(record: SurveyedRecord): Unverified {
  return { what: `node record ${record.path}`, reason: `it was created for ${nameOf(record.owner)}, whose own recovery removes it` }
}
const nameOf = (owner: string | undefined) => (owner === undefined ? 'an owner that it does not name' : `owner ${JSON.stringify(owner)}`)
