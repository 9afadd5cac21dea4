/** Reads the Fibre Channel ports of the host together with the remote ports that they see, in one tree. */
import type { Guard, Host } from '../../core/host.js'
import { NEVER } from '../../core/light-signal.js'
import { SharedQuery } from '../../core/shared-query.js'
import { until } from '../../core/signal.js'
import type { Plan, PlanChild, Tree } from '../../core/tree.js'
import { parseRemotePort, REMOTE_PORT_ATTRIBUTES, type RemotePort } from './remote-port.js'
import { worldWideName } from './wwn.js'

/** A port of the host, physical or virtual. It is a SCSI host of its own. */
export interface LocalPort {
  /** Number of its SCSI host. The kernel reuses it. */
  readonly host: number
  readonly wwpn: string
  readonly wwnn: string | undefined
  /** `Online`, `Linkdown`, … (fc_port_state_names) */
  readonly state: string
  /** Number of the SCSI host of the physical port; only of a virtual port (NPIV). */
  readonly parent: number | undefined
  readonly remote: readonly RemotePort[]
}
/** The state of a port with a link. */
export const ONLINE = 'Online'

const rport: PlanChild = {
  pattern: 'rport-*',
  node: {
    children: [{ pattern: 'fc_remote_ports', node: { children: [{ pattern: 'rport-*', node: { attributes: REMOTE_PORT_ATTRIBUTES } }] } }],
  },
}
/** A virtual port is a device below its physical port: `host2/vport-2:0-0/host7` */
const vport: PlanChild = { pattern: 'vport-*', node: { children: [{ pattern: 'host*', node: {} }] } }
const PORTS: Plan = {
  root: '/sys/class/fc_host',
  node: {
    children: [
      {
        pattern: 'host*',
        follow: true,
        node: {
          attributes: ['port_name', 'node_name', 'port_state'],
          children: [{ pattern: 'device', follow: true, node: { children: [rport, vport] } }],
        },
      },
    ],
  },
}

const queries = new WeakMap<Host, SharedQuery<readonly LocalPort[]>>()

/** All ports, in the order of their SCSI hosts. Callers that ask at the same time share a query that began after they asked. */
export async function readLocalPorts(host: Host, signal: AbortSignal): Promise<readonly LocalPort[]> {
  const known = queries.get(host)
  const shared = known ?? new SharedQuery(host.clock, async () => parsePorts(await host.kernel.readTree(PORTS, NEVER)))
  if (known === undefined) queries.set(host, shared)
  return await until(shared.ask(), signal)
}

function parsePorts(tree: Tree): readonly LocalPort[] {
  const trees = tree.children()
  const parents = new Map(trees.flatMap((each) => virtualPortsOf(each).map((child) => [child, numberIn(each.name)] as const)))
  const ports = trees.flatMap((each) => parsePort(each, parents.get(numberIn(each.name))) ?? [])
  return ports.sort((a, b) => a.host - b.host)
}
/** `undefined` for a port that is being removed, or whose driver does not know its name yet. */
function parsePort(tree: Tree, parent: number | undefined): LocalPort | undefined {
  const wwpn = worldWideName(tree.text('port_name') ?? '')
  const state = tree.text('port_state')
  if (wwpn === undefined || state === undefined) return undefined
  const remote = (tree.child('device')?.children('rport-*') ?? [])
    .flatMap((each) => each.child('fc_remote_ports')?.children() ?? [])
    .flatMap((each) => parseRemotePort(each) ?? [])
  return { host: numberIn(tree.name), wwpn, wwnn: worldWideName(tree.text('node_name') ?? ''), state, parent, remote }
}
function virtualPortsOf(tree: Tree): number[] {
  const vports = tree.child('device')?.children('vport-*') ?? []
  return vports.flatMap((each) => each.children().map(({ name }) => numberIn(name)))
}
const numberIn = (name: string) => Number(name.replace(/^host/, ''))

/** Sysfs directory of the remote port, in which the kernel creates the directory of its target. */
export function directoryOf({ host }: Pick<LocalPort, 'host'>, { name }: Pick<RemotePort, 'name'>): string {
  return `/sys/class/fc_host/host${host}/device/${name}`
}
/** A guard for writes below `/sys/class/scsi_host`: the SCSI host must still have this remote port at this target number. */
export function portGuards({ name, wwpn, targetId }: RemotePort): Guard[] {
  const directory = `device/${name}/fc_remote_ports/${name}`
  return [
    { attribute: `${directory}/port_name`, equals: `0x${wwpn}` },
    { attribute: `${directory}/scsi_target_id`, equals: String(targetId) },
  ]
}
