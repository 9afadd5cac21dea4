/** The doctor's checks of sessions and node records. */
import { DATABASE_ROOTS, isDatabase } from '../../../linux/iscsi/installation.js'
import { isOurs } from '../../../linux/iscsi/record.js'
import { LOGGED_IN } from '../../../linux/iscsi/session.js'
import { parseRecord } from '../../../linux/iscsi/settings-file.js'
import { hostTopology } from '../../../operation/check-facts.js'
import { type CheckContext, type Finding, type HostCheck, note, ok, seen, warning } from '../../../operation/host-check.js'
import { nodeRecords } from './node-records.js'

const GROUP = 'iscsi'
const SESSIONS = '/sys/class/iscsi_session'
const MOST_SHOWN = 5

export const sessionChecks: readonly HostCheck[] = [
  {
    id: 'iscsi.sessions',
    group: GROUP,
    title: 'every session is logged in',
    reads: '`/sys/class/iscsi_session/*/state`',
    run: sessions,
  },
  {
    id: 'iscsi.duplicate-sessions',
    group: GROUP,
    title: 'no two sessions use one portal of a target by the same iface',
    reads: '`/sys/class/iscsi_session`, `/sys/class/iscsi_connection`',
    run: duplicateSessions,
  },
  {
    id: 'iscsi.records',
    group: GROUP,
    title: 'every node record can be read',
    reads: '`/etc/iscsi/nodes`, `/var/lib/iscsi/nodes`',
    run: records,
  },
  {
    id: 'iscsi.automatic-records',
    group: GROUP,
    title: 'no record of another program logs in at boot',
    reads: '`node.startup` of the node records',
    run: automaticRecords,
  },
  {
    id: 'iscsi.databases',
    group: GROUP,
    title: 'open-iscsi has one database',
    reads: '`/etc/iscsi`, `/var/lib/iscsi`',
    run: databases,
  },
]

async function sessions(context: CheckContext): Promise<Finding> {
  const { sessions: all } = await context.once(hostTopology)
  const lost = all.filter(({ state }) => state !== LOGGED_IN)
  if (lost.length === 0) return ok(`${all.length} sessions, all logged in`, [seen(SESSIONS, `${all.length} sessions`)])
  return warning(
    `${lost.length} of ${all.length} sessions are not logged in: their paths are down`,
    lost
      .slice(0, MOST_SHOWN)
      .map(({ session, state, target, portal }) => seen(`${SESSIONS}/session${session}/state`, `${state} ${target} at ${portal}`)),
    `Check the network to ${lost[0]?.portal ?? 'the portal'} (ip route get, firewalls; journalctl -u iscsid). iscsid logs in again by itself when it answers`,
  )
}
async function duplicateSessions(context: CheckContext): Promise<Finding> {
  const { sessions: all } = await context.once(hostTopology)
  const places = new Map<string, number[]>()
  for (const { session, target, portal, iface } of all) {
    const key = `${target} at ${portal} by ${iface}`
    places.set(key, [...(places.get(key) ?? []), session])
  }
  const twice = [...places].filter(([, ids]) => ids.length > 1)
  return twice.length === 0
    ? ok('Every session has a portal and an iface of its own', [seen(SESSIONS, `${all.length} sessions`)])
    : note(
        `${twice.length} portals have several sessions by one iface: more paths, but no more redundancy`,
        twice.slice(0, MOST_SHOWN).map(([place, ids]) => seen(SESSIONS, `${place}: sessions ${ids.join(', ')}`)),
        `Unless node.session.nr_sessions asks for them, log out of the additional ones (iscsiadm -m session -r ${twice[0]?.[1].at(-1) ?? 'SID'} -u)`,
      )
}

async function records(context: CheckContext): Promise<Finding> {
  const all = await context.once(nodeRecords)
  const wrong = all.flatMap(({ file, text }) => {
    if (text.trim() === '') return [seen(file, 'empty')]
    const values = parseRecord(text)
    if (!values.has('node.name')) return [seen(file, 'no node.name')]
    return values.has('node.conn[0].address') ? [] : [seen(file, 'no node.conn[0].address')]
  })
  if (wrong.length === 0) return ok(`${all.length} node records, all readable`, [seen('nodes', `${all.length} records`)])
  return warning(
    `${wrong.length} of ${all.length} node records are empty or cut off`,
    wrong.slice(0, MOST_SHOWN),
    `Remove them (rm ${wrong[0]?.source ?? 'FILE'}), and discover the target again if another program needs it; a crash cuts off a record that iscsiadm writes`,
  )
}
async function automaticRecords(context: CheckContext): Promise<Finding> {
  const all = await context.once(nodeRecords)
  const automatic = all.filter(({ text }) => !isOurs(text) && ['automatic', 'onboot'].includes(parseRecord(text).get('node.startup') ?? ''))
  return automatic.length === 0
    ? ok('No record of another program logs in at boot', [seen('nodes', `${all.length} records`)])
    : note(
        `${automatic.length} records of other programs log in at boot, with every LUN of their targets`,
        automatic.slice(0, MOST_SHOWN).map(({ file, text }) => seen(file, `node.startup = ${parseRecord(text).get('node.startup') ?? ''}`)),
        `If no program needs that, make them manual (iscsiadm -m node -T ${parseRecord(automatic[0]?.text ?? '').get('node.name') ?? 'TARGET'} -o update -n node.startup -v manual)`,
      )
}
async function databases({ host }: CheckContext): Promise<Finding> {
  const there = await Promise.all(DATABASE_ROOTS.map((root) => isDatabase(host, root)))
  const evidence = DATABASE_ROOTS.map((root, index) => seen(root, there[index] === true ? 'a database' : 'no database'))
  return there.every(Boolean)
    ? note(
        'open-iscsi has two databases; iscsiadm uses only one of them',
        evidence,
        'See which one iscsiadm uses (iscsiadm -m node), and remove the other if no container uses it',
      )
    : ok('open-iscsi has one database, or none yet', evidence)
}
