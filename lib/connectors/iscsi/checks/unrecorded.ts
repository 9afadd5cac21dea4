/** The doctor's check of sessions whose settings are in no database. */
import { DATABASE_ROOTS, isDatabase } from '../../../linux/iscsi/installation.js'
import { parseRecord } from '../../../linux/iscsi/settings-file.js'
import { hostTopology } from '../../../operation/check-facts.js'
import { type CheckContext, type Finding, type HostCheck, note, ok, seen, unknown } from '../../../operation/host-check.js'
import { nodeRecords, portalText } from './node-records.js'

const SESSIONS = '/sys/class/iscsi_session'
const MOST_SHOWN = 5

export const unrecordedChecks: readonly HostCheck[] = [
  {
    id: 'iscsi.unrecorded-sessions',
    group: 'iscsi',
    title: 'every session has a node record',
    reads: '`/sys/class/iscsi_session`, `/etc/iscsi/nodes`, `/var/lib/iscsi/nodes`',
    run: unrecorded,
  },
]

/** An iscsid that starts continues a session without a record with its default settings (open-iscsi, usr/iscsid.c, sync_session). */
async function unrecorded(context: CheckContext): Promise<Finding> {
  const [{ sessions }, records, databases] = await Promise.all([
    context.once(hostTopology),
    context.once(nodeRecords),
    Promise.all(DATABASE_ROOTS.map((root) => isDatabase(context.host, root))),
  ])
  const recorded = new Set(records.map(({ text }) => portalText(parseRecord(text))))
  const without = sessions.filter(({ target, portal, iface }) => !recorded.has(`${target} ${portal} ${iface}`))
  const [first] = without
  if (first === undefined) return ok('Every session has a node record', [seen(SESSIONS, `${sessions.length} sessions`)])
  if (!databases.includes(true))
    return unknown(
      'There are sessions, but no database of open-iscsi: it may be in another place',
      DATABASE_ROOTS.map((root) => seen(root, 'no database')),
    )
  return note(
    `${without.length} of ${sessions.length} sessions have no node record: after a restart of iscsid they get default settings`,
    without
      .slice(0, MOST_SHOWN)
      .map(({ session, target, portal, iface }) => seen(`${SESSIONS}/session${session}`, `${target} at ${portal} by ${iface}`)),
    `If no program uses its disks (brickwork enumerate), log out of it (iscsiadm -m session -r ${first.session} -u); sessions that the firmware began have no record`,
  )
}
