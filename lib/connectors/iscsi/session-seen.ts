import type { SurveyedRecord } from '../../linux/iscsi/record-survey.js'
import { samePortal, type Session } from '../../linux/iscsi/session.js'
import type { HostObject } from '../../operation/entry.js'
import type { SurveyedNexus } from '../../scsi/transport.js'
import type { IscsiNexus } from './nexus.js'
import { type Endpoint, recordObject } from './objects.js'

/** A session that the host has, whichever program created it. */
export interface SurveyedSession extends SurveyedNexus<IscsiNexus> {
  /** Records through which it may have been logged in. */
  readonly records: readonly SurveyedRecord[]
}

export function isFor(record: SurveyedRecord, { target, portal, iface }: Pick<Session, 'target' | 'portal' | 'iface'>): boolean {
  return record.target === target && samePortal(record.portal, portal) && record.iface === iface
}
export function endpointOf({ target: iqn, portal, iface }: SurveyedRecord): Endpoint {
  return { iqn, portal, iface }
}
export function objectOf(record: SurveyedRecord): HostObject {
  return recordObject(endpointOf(record), record.path, 'created')
}
