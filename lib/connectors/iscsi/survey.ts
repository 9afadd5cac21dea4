/** What the host has of iSCSI, as a whole. */
import type { HostObject } from '../../operation/entry.js'
import type { Operation } from '../../operation/operation.js'
import { type RecordSeen, surveyRecords } from '../../linux/iscsi/record-survey.js'
import { placeOfSession, readSessions, samePortal, type Session } from '../../linux/iscsi/session.js'
import { type MultipathMap, readMaps } from '../../linux/multipath/map.js'
import { readDisks, type ScsiDisk } from '../../linux/scsi/disk.js'
import { recordObject, type Target } from './objects.js'

export interface Survey {
  readonly sessions: readonly SessionSeen[]
  readonly records: readonly RecordSeen[]
  readonly maps: readonly MultipathMap[]
}
/** Keys of what claims and journal speak of, and of logins that are on their way for them. */
export type Spoken = ReadonlySet<string>

export interface SessionSeen {
  readonly session: Session
  readonly disks: readonly ScsiDisk[]
  /** Records that it may have been logged in through. */
  readonly records: readonly RecordSeen[]
}

export async function survey({ host, signal }: Operation): Promise<Survey> {
  const [sessions, records, maps] = [await readSessions(host, signal), await surveyRecords(host), await readMaps(host, signal)]
  const seen = sessions.map(async (session): Promise<SessionSeen> => {
    const place = await placeOfSession(host, session.id)
    const disks = place === undefined ? [] : await readDisks(host, place.directory, signal)
    return { session, disks, records: records.filter((record) => isFor(record, session)) }
  })
  return { sessions: await Promise.all(seen), records, maps }
}

export function isFor(record: RecordSeen, { target, portal, iface }: Pick<Session, 'target' | 'portal' | 'iface'>): boolean {
  return record.target === target && samePortal(record.portal, portal) && record.iface === iface
}
export function targetOf({ target: iqn, portal, iface }: RecordSeen): Target {
  return { iqn, portal, iface, lun: 0n }
}
export function objectOf(record: RecordSeen): HostObject {
  return recordObject(targetOf(record), record.path, 'made')
}
