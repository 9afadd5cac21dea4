/** open-iscsi's node records (usr/idbm.c): text files below the database root, one for each target, portal and iface. */
import type { Host } from '../../core/host.js'
import { formatPortal, normalAddress, type Portal } from '../../core/portal.js'
import { MergedQuery } from '../../core/shared-query.js'
import type { SessionSettings } from './host-settings.js'
import type { Iface } from './iface.js'
import { DEFAULT_IFACE, type Session, samePortal } from './session.js'
import { parseRecord } from './settings-file.js'

/** Directory of open-iscsi's lock. Older builds use /var/lock, which is a link to /run/lock. */
export const LOCK_DIRECTORY = '/run/lock/iscsi'

/** A comment for open-iscsi. An update by iscsiadm drops it; the record then belongs to the user who made the update. */
export const MARK = '# made by Brickwork, which removes it at detach'
/** The mark is a line of its own, followed by the owner. The same text within a value is not a mark. */
const MARKED = new RegExp(`^${MARK}$(?:\\n# owner (.*)$)?`, 'm')
export function isOurs(record: string): boolean {
  return MARKED.test(record)
}
/** The owner that the record was last written for; `undefined` when Brickwork did not create it. */
export function ownerOf(record: string): string | undefined {
  return MARKED.exec(record)?.[1]
}

/** Settings of a login with a record that Brickwork creates. */
export interface RecordSettings {
  readonly target: string
  readonly portal: Portal
  readonly iface: Iface
  /** `undefined`: unknown before the login. */
  readonly portalGroup?: number | undefined
  /** The owner of the attachment. It is written beside the mark, so that the recovery of another owner ignores the record. */
  readonly owner: string
  readonly auth?: {
    readonly username: string
    readonly secret: string
    readonly target?: { readonly username: string; readonly secret: string }
  }
  /** iscsid gives up after this time: login_timeout × initial_login_retry_max. In whole seconds. */
  readonly loginTimeoutSec: number
  readonly session: SessionSettings
}
/** Used when neither the caller nor the host sets it. The same as open-iscsi's own default. */
const REPLACEMENT_TIMEOUT_SEC = 120

/**
 * The flat form, `<root>/nodes/<target>/<address>,<port>`, is for a portal group tag that is unknown before the login. A portal can have
 * only one. A further iface has its own file in the directory of the portal group.
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
 * A record in the form that iscsiadm reads. `scan` and `startup` are manual, so that neither a login nor a boot adds devices that were not
 * requested. Omitted keys take open-iscsi's compiled defaults.
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
    // A logout over a dead connection is given up after this time; open-iscsi's default is 15 s.
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

/** The iface that the record is for. */
export function ifaceIn(record: string): string {
  return parseRecord(record).get('iface.iscsi_ifacename') ?? DEFAULT_IFACE
}

/** Records of one portal of a target, in all forms that open-iscsi has had: flat files, and directories with one file for each iface. */
export async function recordsOf(host: Host, root: string, target: string, portal: Portal): Promise<string[]> {
  const directory = `${root}/nodes/${target}`
  const found: string[] = []
  for (const name of (await namesOf(host).ask([directory])).get(directory) ?? []) {
    const [address, port] = name.split(',')
    if (address === undefined || !samePortal({ address: normalAddress(address), port: Number(port) }, portal)) continue
    const place = `${directory}/${name}`
    // A directory may be empty: iscsiadm creates it before the record in it.
    if (await isFile(host, place)) found.push(place)
    else for (const iface of await host.files.list(place)) if (await isFile(host, `${place}/${iface}`)) found.push(`${place}/${iface}`)
  }
  return found
}

const queries = new WeakMap<Host, MergedQuery<string, ReadonlyMap<string, readonly string[]>>>()
/** The names in directories. The paths of a volume have one directory of records, and share its query. */
function namesOf(host: Host): MergedQuery<string, ReadonlyMap<string, readonly string[]>> {
  const list = async (directory: string) => [directory, await host.files.list(directory)] as const
  const known =
    queries.get(host) ?? new MergedQuery(host.clock, async (wanted: readonly string[]) => new Map(await Promise.all(wanted.map(list))))
  queries.set(host, known)
  return known
}

/** The database may contain anything: a directory in place of a record, or a pipe without a writer. */
async function isFile(host: Host, path: string): Promise<boolean> {
  const stat = await host.files.stat(path)
  if (stat?.type !== 'link') return stat?.type === 'file'
  const target = await host.files.resolve(path)
  return target !== undefined && (await host.files.stat(target))?.type === 'file'
}

/** The pair as users and iscsiadm write it. */
export function formatTarget({ target, portal }: Pick<Session, 'target' | 'portal'>): string {
  return `${target} at ${formatPortal(portal)}`
}
