/** iSCSI sessions as sysfs shows them (drivers/scsi/scsi_transport_iscsi.c). */
import type { Guard, Host } from '../../core/host.js'
import { NEVER } from '../../core/light-signal.js'
import { normalAddress, type Portal } from '../../core/portal.js'
import { MergedQuery, SharedQuery } from '../../core/shared-query.js'
import { until } from '../../core/signal.js'
import type { Plan, PlanChild, PlanNode, Tree } from '../../core/tree.js'

/** The `state` of a session that carries commands. */
export const LOGGED_IN = 'LOGGED_IN'
/** Built in; it has no file. */
export const DEFAULT_IFACE = 'default'

export interface Session {
  readonly id: number
  readonly target: string
  /** The portal of the login request. The real peer may differ after a redirection. */
  readonly portal: Portal
  readonly iface: string
  /** Portal group tag; `undefined` until the target has reported it. */
  readonly portalGroup: number | undefined
  /** `LOGGED_IN`, `FAILED`, `FREE` */
  readonly state: string
  /** `undefined` if the kernel does not show it in the usual form. */
  readonly place: SessionPlace | undefined
  /** How many seconds the kernel holds I/O back after the session is lost (`recovery_tmo`); negative: forever. */
  readonly replacementTimeoutSec: number | undefined
}
/** Where the session is among the devices. With iscsi_tcp, each session has its own SCSI host; the target is always 0:0. */
export interface SessionPlace {
  /** `/sys/devices/platform/host3/session1` */
  readonly directory: string
  readonly hostNumber: number
}

const connection: PlanChild = {
  pattern: 'connection*',
  node: {
    children: [
      {
        pattern: 'iscsi_connection',
        node: { children: [{ pattern: 'connection*', node: { attributes: ['persistent_address', 'persistent_port'] } }] },
      },
    ],
  },
}
const session: PlanNode = {
  attributes: ['targetname', 'state', 'ifacename', 'tpgt', 'recovery_tmo'],
  links: ['.'],
  children: [{ pattern: 'device', follow: true, node: { children: [connection] } }],
}
const sessionsThat = (are: Pick<PlanChild, 'where' | 'names'> = {}): Plan => ({
  root: '/sys/class/iscsi_session',
  node: { children: [{ pattern: 'session*', follow: true, node: session, ...are }] },
})
const sessions = sessionsThat()

interface Queries {
  readonly all: SharedQuery<readonly Session[]>
  /** For some targets only: a host may have hundreds of sessions to other targets. */
  readonly some: MergedQuery<string, readonly Session[]>
  readonly byId: MergedQuery<number, readonly Session[]>
}
const queries = new WeakMap<Host, Queries>()

/** All sessions. Callers that ask at the same time share a query that began after they asked. */
export async function readSessions(host: Host, signal: AbortSignal): Promise<readonly Session[]> {
  return await until(queriesOf(host).all.ask(), signal)
}
/** The sessions of this target. Shared between callers too. */
export async function readSessionsOf(host: Host, target: string, signal: AbortSignal): Promise<readonly Session[]> {
  return (await until(queriesOf(host).some.ask([target]), signal)).filter((each) => each.target === target)
}
function queriesOf(host: Host): Queries {
  const known = queries.get(host)
  if (known !== undefined) return known
  const made = {
    all: new SharedQuery(host.clock, () => query(host, sessions)),
    some: new MergedQuery(host.clock, (among: readonly string[]) =>
      query(host, sessionsThat({ where: { attribute: 'targetname', among } })),
    ),
    byId: new MergedQuery(host.clock, (ids: readonly number[]) => query(host, sessionsThat({ names: ids.map((id) => `session${id}`) }))),
  }
  queries.set(host, made)
  return made
}
async function query(host: Host, plan: Plan): Promise<readonly Session[]> {
  const entries = (await host.kernel.readTree(plan, NEVER)).children()
  return entries.flatMap((entry) => parseSession(entry) ?? []).sort((a, b) => a.id - b.id)
}

/**
 * Reads the session with this number by its name, so that the work does not depend on the number of sessions. `undefined` when it is gone.
 * Callers that ask at the same time share a query.
 */
export async function readSession(host: Host, id: number, signal: AbortSignal): Promise<Session | undefined> {
  return (await until(queriesOf(host).byId.ask([id]), signal)).find((each) => each.id === id)
}

function parseSession(entry: Tree): Session | undefined {
  const id = Number(/^session([0-9]+)$/.exec(entry.name)?.[1])
  const target = entry.text('targetname')
  const connection = entry.child('device')?.children('connection*')[0]?.child('iscsi_connection')?.children()[0]
  const address = connection?.text('persistent_address')
  const port = Number(connection?.text('persistent_port'))
  // The kernel shows a session that is being created or removed without some of its parts, or with `(null)` and port 0. It does not count.
  if (!Number.isInteger(id) || target === undefined || address === undefined || !(port > 0)) return undefined
  return {
    id,
    target,
    portal: { address: normalAddress(address), port },
    iface: entry.text('ifacename') ?? DEFAULT_IFACE,
    portalGroup: groupOf(entry.text('tpgt')),
    state: entry.text('state') ?? 'unknown',
    place: placeIn(entry.link('.')),
    replacementTimeoutSec: secondsOf(entry.text('recovery_tmo')),
  }
}

function groupOf(text: string | undefined): number | undefined {
  return text !== undefined && /^[0-9]+$/.test(text) ? Number(text) : undefined
}

function secondsOf(text: string | undefined): number | undefined {
  return text !== undefined && /^-?[0-9]+$/.test(text) ? Number(text) : undefined
}
export function samePortal(a: Portal, b: Portal): boolean {
  return a.address === b.address && a.port === b.port
}

/** A guard for writes below `/sys/class/scsi_host`: the SCSI host must still belong to this session. */
export function sessionGuard({ id, target }: Pick<Session, 'id' | 'target'>): Guard {
  const name = `session${id}`
  return { attribute: `device/${name}/iscsi_session/${name}/targetname`, equals: target }
}

export async function placeOfSession(host: Host, id: number): Promise<SessionPlace | undefined> {
  return placeAt(await host.files.resolve(`/sys/class/iscsi_session/session${id}`))
}
function placeAt(directory: string | undefined): SessionPlace | undefined {
  const match = directory === undefined ? undefined : /^(.*\/host([0-9]+)\/session[0-9]+)\/iscsi_session\/session[0-9]+$/.exec(directory)
  return match?.[1] === undefined ? undefined : { directory: match[1], hostNumber: Number(match[2]) }
}
/** `../../devices/platform/host3/session1/iscsi_session/session1`, from a directory of `/sys/class` (drivers/base/core.c, device_add_class_symlinks). */
function placeIn(link: string | undefined): SessionPlace | undefined {
  return link?.startsWith('../../devices/') === true ? placeAt(link.replace('../..', '/sys')) : undefined
}
