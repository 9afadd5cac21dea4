/** open-iscsi's node records (usr/idbm.c): text files below the database root, one for each target, portal and iface. */
import type { Host } from '../../core/host.js'
import { formatPortal, normalAddress, type Portal } from '../../core/portal.js'
import type { SessionSettings } from './host-settings.js'
import type { Iface } from './iface.js'
import { DEFAULT_IFACE, type Session, samePortal } from './session.js'
import { parseRecord } from './settings-file.js'

/** Where open-iscsi keeps its lock; older builds say /var/lock, which is a link to it. */
export const LOCK_DIRECTORY = '/run/lock/iscsi'

/** A comment to open-iscsi. An update by iscsiadm drops it: the record is then its user's. */
export const MARK = '# made by Brickwork, which removes it at detach'
/** The mark is a line of its own, and the owner the next one: what a value contains is no mark. */
const MARKED = new RegExp(`^${MARK}$(?:\\n# owner (.*)$)?`, 'm')
export function isOurs(record: string): boolean {
  return MARKED.test(record)
}
/** The owner that it was last written for; `undefined` for a record that isn't ours. */
export function ownerOf(record: string): string | undefined {
  return MARKED.exec(record)?.[1]
}

/** What a login through our record is to do. */
export interface RecordSettings {
  readonly target: string
  readonly portal: Portal
  readonly iface: Iface
  /** `undefined`: not known before the login. */
  readonly portalGroup?: number | undefined
  /** Whose attachment it is made for: written beside the mark, so that another owner's recovery leaves it alone. */
  readonly owner: string
  readonly auth?: {
    readonly username: string
    readonly secret: string
    readonly target?: { readonly username: string; readonly secret: string }
  }
  /** iscsid gives up by then: its window is login_timeout × initial_login_retry_max. Whole seconds. */
  readonly loginTimeoutSec: number
  readonly session: SessionSettings
}
/** Where neither the caller nor the host says it: open-iscsi's own default. */
const REPLACEMENT_TIMEOUT_SEC = 120

/**
 * The flat form, `<root>/nodes/<target>/<address>,<port>`, for a portal group tag that is not known before the login. There can be only one
 * of it: a further iface has a file of its own in the directory of the portal group.
 */
export function recordFile(
  root: string,
  target: string,
  portal: Portal,
  further?: { readonly group: number; readonly iface: string },
): string {
  const flat = `${root}/nodes/${target}/${portal.address},${portal.port}`
  return further === undefined ? flat : `${flat},${further.group}/${further.iface}`
}

/**
 * A record as iscsiadm reads it. `scan` and `startup` are manual: nothing is brought in that was not asked for, at login or at boot.
 * Keys that are left out take open-iscsi's compiled defaults.
 */
export function formatRecord(settings: RecordSettings): string {
  const { auth, session } = settings
  const lines = [
    ['node.name', settings.target],
    ['node.tpgt', String(settings.portalGroup ?? -1)],
    ['node.startup', 'manual'],
    ['node.leading_login', 'No'],
    ...settings.iface.settings,
    ['node.discovery_type', 'static'],
    ['node.session.scan', 'manual'],
    ['node.session.nr_sessions', '1'],
    ['node.session.initial_login_retry_max', '1'],
    ['node.session.timeo.replacement_timeout', String(session.replacementTimeoutSec ?? REPLACEMENT_TIMEOUT_SEC)],
    ['node.session.auth.authmethod', auth === undefined ? 'None' : 'CHAP'],
    ...(auth === undefined ? [] : chapLines('', auth)),
    ...(auth === undefined ? [] : given('node.session.auth.chap_algs', session.chapAlgorithms?.join(','))),
    ...(auth?.target === undefined ? [] : chapLines('_in', auth.target)),
    ['node.conn[0].address', settings.portal.address],
    ['node.conn[0].port', String(settings.portal.port)],
    ['node.conn[0].startup', 'manual'],
    ['node.conn[0].timeo.login_timeout', String(settings.loginTimeoutSec)],
    // A logout over a connection that has just died is given up after this, not after open-iscsi's 15 s.
    ['node.conn[0].timeo.logout_timeout', '5'],
    ['node.conn[0].timeo.noop_out_interval', '5'],
    ['node.conn[0].timeo.noop_out_timeout', '5'],
    ...given('node.conn[0].iscsi.HeaderDigest', session.headerDigest),
    ...given('node.conn[0].iscsi.DataDigest', session.dataDigest),
  ]
  return [
    '# BEGIN RECORD 2.1',
    MARK,
    `# owner ${settings.owner}`,
    ...lines.map(([key, value]) => `${key} = ${value}`),
    '# END RECORD',
    '',
  ].join('\n')
}
function given(key: string, value: string | undefined): [string, string][] {
  return value === undefined ? [] : [[key, value]]
}
function chapLines(suffix: '' | '_in', { username, secret }: { username: string; secret: string }): [string, string][] {
  return [
    [`node.session.auth.username${suffix}`, username],
    [`node.session.auth.password${suffix}`, secret],
  ]
}

/** The iface that a record is for. */
export function ifaceIn(record: string): string {
  return parseRecord(record).get('iface.iscsi_ifacename') ?? DEFAULT_IFACE
}

/** Records of one portal of a target, in all forms that open-iscsi has had: flat files, and directories with one file for each iface. */
export async function recordsOf(host: Host, root: string, target: string, portal: Portal): Promise<string[]> {
  const directory = `${root}/nodes/${target}`
  const found: string[] = []
  for (const name of await host.files.list(directory)) {
    const [address, port] = name.split(',')
    if (address === undefined || !samePortal({ address: normalAddress(address), port: Number(port) }, portal)) continue
    const place = `${directory}/${name}`
    // A directory may be empty: iscsiadm makes it first, then the record in it.
    if (await isFile(host, place)) found.push(place)
    else for (const iface of await host.files.list(place)) if (await isFile(host, `${place}/${iface}`)) found.push(`${place}/${iface}`)
  }
  return found
}

/** Anything may lie in the database: a directory in a record's place, or a pipe that nobody writes to. */
async function isFile(host: Host, path: string): Promise<boolean> {
  const stat = await host.files.stat(path)
  if (stat?.type !== 'link') return stat?.type === 'file'
  const target = await host.files.resolve(path)
  return target !== undefined && (await host.files.stat(target))?.type === 'file'
}

/** How people and iscsiadm write the pair. */
export function formatTarget({ target, portal }: Pick<Session, 'target' | 'portal'>): string {
  return `${target} at ${formatPortal(portal)}`
}
