/** iSCSI sessions as sysfs shows them (drivers/scsi/scsi_transport_iscsi.c). */
import type { Guard, Host } from '../../core/host.js'
import { normalAddress, type Portal } from '../../core/portal.js'
import { MergedQuery, SharedQuery } from '../../core/shared-query.js'
import { until } from '../../core/signal.js'
import type { Plan, PlanChild, PlanCondition, PlanNode, Tree } from '../../core/tree.js'

/** `state` of a session that carries commands. */
export const LOGGED_IN = 'LOGGED_IN'
/** Built in: no file says it. */
export const DEFAULT_IFACE = 'default'

export interface Session {
  readonly id: number
  readonly target: string
  /** What was asked for at login; the real peer may differ after a redirection. */
  readonly portal: Portal
  readonly iface: string
  /** Portal group tag; `undefined` until the target has told it. */
  readonly portalGroup: number | undefined
  /** `LOGGED_IN`, `FAILED`, `FREE` */
  readonly state: string
  /** For how many seconds the kernel holds I/O back when the session is lost (`recovery_tmo`); negative: for ever. */
  readonly replacementTimeoutSec: number | undefined
}
/** A session's place among the devices. For iscsi_tcp each session is a SCSI host of its own; the target is always 0:0. */
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
  children: [{ pattern: 'device', follow: true, node: { children: [connection] } }],
}
const sessionsNamed = (pattern: string, where?: PlanCondition): Plan => ({
  root: '/sys/class/iscsi_session',
  node: { children: [{ pattern, follow: true, node: session, ...(where === undefined ? {} : { where }) }] },
})
const sessions = sessionsNamed('session*')

interface Queries {
  readonly all: SharedQuery<readonly Session[]>
  /** Of some targets: a host may have hundreds of sessions with others. */
  readonly some: MergedQuery<string, readonly Session[]>
}
const queries = new WeakMap<Host, Queries>()

/** All sessions. Whoever asks at the same time shares a look that began after he had asked. */
export async function readSessions(host: Host, signal: AbortSignal): Promise<readonly Session[]> {
  return await until(queriesOf(host).all.ask(), signal)
}
/** Those with this target; shared, too. */
export async function readSessionsOf(host: Host, target: string, signal: AbortSignal): Promise<readonly Session[]> {
  return (await until(queriesOf(host).some.ask([target]), signal)).filter((each) => each.target === target)
}
function queriesOf(host: Host): Queries {
  const known = queries.get(host)
  if (known !== undefined) return known
  const made = {
    all: new SharedQuery(host.clock, () => query(host, sessions)),
    some: new MergedQuery(host.clock, (among: readonly string[]) =>
      query(host, sessionsNamed('session*', { attribute: 'targetname', among })),
    ),
  }
  queries.set(host, made)
  return made
}
async function query(host: Host, plan: Plan): Promise<readonly Session[]> {
  const entries = (await host.kernel.readTree(plan, new AbortController().signal)).children()
  return entries.flatMap((entry) => parseSession(entry) ?? []).sort((a, b) => a.id - b.id)
}

/** The session of this number, by its name: the same work however many others there are. `undefined` when the kernel has it no longer. */
export async function readSession(host: Host, id: number, signal: AbortSignal): Promise<Session | undefined> {
  const [entry] = (await host.kernel.readTree(sessionsNamed(`session${id}`), signal)).children()
  return entry === undefined ? undefined : parseSession(entry)
}

function parseSession(entry: Tree): Session | undefined {
  const id = Number(/^session([0-9]+)$/.exec(entry.name)?.[1])
  const target = entry.text('targetname')
  const connection = entry.child('device')?.children('connection*')[0]?.child('iscsi_connection')?.children()[0]
  const address = connection?.text('persistent_address')
  const port = Number(connection?.text('persistent_port'))
  // A session that is being made or taken away shows only some of its parts, or `(null)` and port 0: it is not there yet, or no longer.
  if (!Number.isInteger(id) || target === undefined || address === undefined || !(port > 0)) return undefined
  return {
    id,
    target,
    portal: { address: normalAddress(address), port },
    iface: entry.text('ifacename') ?? DEFAULT_IFACE,
    portalGroup: groupOf(entry.text('tpgt')),
    state: entry.text('state') ?? 'unknown',
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

/** That a SCSI host, read at its directory below `/sys/class/scsi_host`, still is this session's. */
export function sessionGuard({ id, target }: Pick<Session, 'id' | 'target'>): Guard {
  const name = `session${id}`
  return { attribute: `device/${name}/iscsi_session/${name}/targetname`, equals: target }
}

export async function placeOfSession(host: Host, id: number): Promise<SessionPlace | undefined> {
  const place = await host.files.resolve(`/sys/class/iscsi_session/session${id}`)
  const match = place === undefined ? undefined : /^(.*\/host([0-9]+)\/session[0-9]+)\/iscsi_session\/session[0-9]+$/.exec(place)
  return match?.[1] === undefined ? undefined : { directory: match[1], hostNumber: Number(match[2]) }
}
