/** The doctor's checks of a connection: whether its portals answer, and over which network interfaces. */
import { Window } from '../../../core/deadline.js'
import { isBrickworkError } from '../../../core/errors.js'
import { formatPortal, parseNamedPortal, parsePortal, type Portal } from '../../../core/portal.js'
import { until } from '../../../core/signal.js'
import { resolveHostName } from '../../../linux/host-names.js'
import { readRoutes, routeTo } from '../../../linux/routes.js'
import {
  type CheckContext,
  type Finding,
  type HostCheck,
  note,
  ok,
  problem,
  seen,
  unknown,
  warning,
} from '../../../operation/host-check.js'

const GROUP = 'iscsi'
const PROBE_MS = 3000

export const portalChecks: readonly HostCheck[] = [
  {
    id: 'iscsi.portals',
    group: GROUP,
    title: 'every portal of the connection answers',
    reads: "a TCP connection to each portal, from the network namespace of the host's daemons",
    only: 'connection',
    run: portals,
  },
  {
    id: 'iscsi.routes',
    group: GROUP,
    title: 'the portals are reached by different network interfaces',
    reads: '`/proc/1/net/route`, `/proc/1/net/ipv6_route`',
    only: 'connection',
    run: routes,
  },
]

interface Named {
  readonly text: string
  /** Empty for a host name that was not resolved. */
  readonly portals: readonly Portal[]
}
/** A program resolves host names, so only a deep check does it. */
async function namedPortals({ host, signal, connection, deep }: CheckContext): Promise<readonly Named[]> {
  if (connection?.protocol !== 'iscsi') return []
  const { targets, discovery } = connection
  const texts = [...targets.map(({ portal = '' }) => portal), discovery?.portal ?? '']
  return await Promise.all(
    [...new Set(texts.filter((text) => text !== ''))].map(async (text) => {
      const portal = parsePortal(text)
      if (portal !== undefined) return { text, portals: [portal] }
      const named = parseNamedPortal(text)
      const addresses = named === undefined || !deep ? [] : await resolveHostName(host, named.name, signal)
      return { text, portals: addresses.map((address) => ({ address, port: named?.port ?? 0 })) }
    }),
  )
}

async function portals(context: CheckContext): Promise<Finding> {
  const all = await namedPortals(context)
  if (all.length === 0) return ok('The connection names no portal')
  const probed = await Promise.all(
    all.flatMap(({ text, portals: found }): Promise<Probed>[] =>
      found.length === 0
        ? [
            Promise.resolve({
              text,
              answer: context.deep ? 'the name has no address' : 'a host name, which only --deep resolves',
              state: 'unresolved' as const,
            }),
          ]
        : found.map((portal) => probe(context, text, portal)),
    ),
  )
  const evidence = probed.map(({ text, answer }) => seen(text, answer))
  const failed = probed.filter(({ state }) => state === 'failed')
  const answering = probed.filter(({ state }) => state === 'connected')
  if (failed.length > 0 && answering.length === 0 && failed.length === probed.length)
    return problem(
      'ERR_TARGET_UNREACHABLE',
      'No portal answers',
      evidence,
      `Check addresses, routes, firewalls and VLANs of the storage network (ip route get ${failed[0]?.address ?? 'ADDRESS'})`,
    )
  if (failed.length > 0)
    return warning(
      `${failed.length} of ${probed.length} portals do not answer: ${failed.map(({ text }) => text).join(', ')}`,
      evidence,
      `Check the addresses, routes and firewalls of these portals (ip route get ${failed[0]?.address ?? 'ADDRESS'})`,
    )
  return answering.length === probed.length
    ? ok(answering.length === 1 ? 'The portal answers' : `All ${answering.length} portals answer`, evidence)
    : unknown('Not every portal could be checked', evidence)
}

interface Probed {
  readonly text: string
  readonly answer: string
  readonly state: 'connected' | 'failed' | 'unresolved'
  readonly address?: string
}
async function probe({ host, signal }: CheckContext, text: string, portal: Portal): Promise<Probed> {
  using window = new Window(host.clock, PROBE_MS, signal, `portal ${text}`)
  const label = text === formatPortal(portal) ? text : `${text} (${portal.address})`
  try {
    const outcome = await until(host.kernel.connect(portal.address, portal.port, window.signal), window.signal)
    return outcome.outcome === 'connected'
      ? { text: label, answer: 'connected', state: 'connected' }
      : { text: label, answer: outcome.error, state: 'failed', address: portal.address }
  } catch (error) {
    signal.throwIfAborted()
    if (window.signal.aborted && isBrickworkError(error, 'ERR_TIMEOUT'))
      return { text: label, answer: `no answer within ${PROBE_MS} ms`, state: 'failed', address: portal.address }
    throw error
  }
}

/** Interfaces that are several links themselves. */
const REDUNDANT = /^(bond|team)/
async function routes(context: CheckContext): Promise<Finding> {
  const all = (await namedPortals(context)).flatMap(({ portals: found }) => found)
  const table = await readRoutes(context.host)
  if (table === undefined) return unknown('The routes of the host cannot be read')
  const found = all.map((portal) => ({ text: formatPortal(portal), device: routeTo(table, portal.address) }))
  const evidence = found.map(({ text, device }) => seen(text, device === undefined ? 'no route' : `by ${device}`))
  const lost = found.filter(({ device }) => device === undefined)
  if (lost.length > 0)
    return warning(
      `There is no route to ${lost.map(({ text }) => text).join(', ')}`,
      evidence,
      'Check the interface of the storage network (ip address, ip route), and bring it up or add the route',
    )
  const devices = new Set(found.map(({ device = '' }) => device))
  const [only = ''] = devices
  if (found.length > 1 && devices.size === 1 && !REDUNDANT.test(only) && only !== 'lo')
    return warning(
      `All ${found.length} portals are reached by ${only}: when it fails, every path fails`,
      evidence,
      'Reach the portals by two interfaces (subnets, or ifaces of open-iscsi), or make it a bond',
    )
  return found.length === 0
    ? note('The connection has no portal with an address')
    : ok(`The portals are reached by ${[...devices].join(', ')}`, evidence)
}
