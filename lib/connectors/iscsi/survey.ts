/** Reads all sessions, their disks and all node records of the host. */
import { formatPortal } from '../../core/portal.js'
import { type SurveyedRecord, surveyRecords } from '../../linux/iscsi/record-survey.js'
import { readSessions, type Session } from '../../linux/iscsi/session.js'
import { readDisks } from '../../linux/scsi/disk.js'
import type { Entry } from '../../operation/entry.js'
import type { Operation } from '../../operation/operation.js'
import type { Survey } from '../../scsi/transport.js'
import { canonicalIfaces } from './named-paths.js'
import { nexusOfSession } from './nexus.js'
import { sessionObject } from './objects.js'
import { orphanSessions } from './orphan-sessions.js'
import { isFor, objectOf, type SurveyedSession } from './session-seen.js'

export async function surveySessions(operation: Operation): Promise<Survey<SurveyedSession>> {
  const { host, signal } = operation
  const [all, records] = [await readSessions(host, signal), await surveyRecords(host)]
  const seen = await Promise.all(
    all.map(async (session): Promise<SurveyedSession[]> => {
      const nexus = await nexusOfSession(host, session)
      if (nexus === undefined) return []
      const disks = await readDisks(host, nexus.place.directory, signal)
      const own = records.filter((record) => isFor(record, session))
      return [{ nexus, disks, records: own, objects: [sessionObject(session, 'created'), ...own.map(objectOf)] }]
    }),
  )
  const sessions = seen.flat()
  return {
    nexuses: sessions,
    orphans: (claimed) => orphanSessions(operation, sessions, records, claimed),
    connection: (paths) => connectionOf(paths.map(({ seen: { nexus, records }, disk }) => ({ ...nexus, records, lun: disk.lun }))),
  }
}

/** The connection, as an attach would have recorded it. */
function connectionOf(
  paths: readonly { readonly session: Session; readonly records: readonly SurveyedRecord[]; readonly lun: bigint }[],
): Entry['connection'] {
  const username = paths[0]?.records[0]?.username
  const named = paths.map(({ session, lun }) => ({ portal: formatPortal(session.portal), iqn: session.target, lun: String(lun) }))
  const targets = [...new Map(named.map((path) => [`${path.iqn} ${path.portal}`, path])).values()]
  const iface = canonicalIfaces(paths.map(({ session }) => session.iface))
  return { protocol: 'iscsi', targets, ...(username === undefined ? {} : { auth: { username } }), ...iface }
}
