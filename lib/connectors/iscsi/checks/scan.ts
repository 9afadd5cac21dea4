/** The doctor's check of sessions that show every LUN of their target by themselves. */
import { isOurs } from '../../../linux/iscsi/record.js'
import { parseRecord } from '../../../linux/iscsi/settings-file.js'
import { hostTopology } from '../../../operation/check-facts.js'
import { type CheckContext, type Finding, type HostCheck, note, ok, seen } from '../../../operation/host-check.js'
import { nodeRecords, portalText } from './node-records.js'

const MOST_SHOWN = 5
const KEY = 'node.session.scan'

export const scanChecks: readonly HostCheck[] = [
  {
    id: 'iscsi.scan',
    group: 'iscsi',
    title: 'no session of another program shows LUNs that nobody asked for',
    reads: '`node.session.scan` of the node records, `/sys/class/iscsi_session`',
    run: scan,
  },
]

/** Without the setting, iscsid scans every LUN at a login, and when the target reports a change (open-iscsi, usr/iscsid.conf). */
async function scan(context: CheckContext): Promise<Finding> {
  const [{ sessions }, records] = await Promise.all([context.once(hostTopology), context.once(nodeRecords)])
  const scanning = new Map(
    records.flatMap(({ file, text }): [string, { file: string; value: string }][] => {
      if (isOurs(text)) return []
      const values = parseRecord(text)
      const value = values.get(KEY)
      return value === 'manual' ? [] : [[portalText(values), { file, value: value ?? 'not set' }]]
    }),
  )
  const found = sessions.flatMap(({ session, target, portal, iface }) => {
    const record = scanning.get(`${target} ${portal} ${iface}`)
    return record === undefined ? [] : [{ session, target, portal, ...record }]
  })
  const [first] = found
  if (first === undefined)
    return ok('No session of another program scans every LUN', [seen('/sys/class/iscsi_session', `${sessions.length} sessions`)])
  return note(
    `${found.length} ${found.length === 1 ? 'session' : 'sessions'} of other programs scan every LUN: volumes of these targets appear without an attach, and stay after a detach`,
    found.slice(0, MOST_SHOWN).map(({ session, target, file, value }) => seen(file, `${KEY} = ${value}; session ${session} to ${target}`)),
    `If no program needs that, set it for the next login (iscsiadm -m node -T ${first.target} -p ${first.portal} -o update -n ${KEY} -v manual)`,
  )
}
