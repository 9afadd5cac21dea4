/** The paths of a connection: pairs of a port of this host and a target port. */
import type { FibreChannelConnection } from '../../api/fibre-channel-connection.js'
import { kernelLun } from '../../connection/lun.js'
import { BrickworkError } from '../../core/errors.js'
import { type LocalPort, ONLINE, readLocalPorts } from '../../linux/fc/local-port.js'
import { whyUnreached } from '../../linux/fc/remote-port.js'
import type { Operation } from '../../operation/operation.js'
import type { NamedPath, Resolved } from '../../scsi/transport.js'
import { mapOf, nameOf } from './connection.js'

export interface FcPath extends NamedPath {
  /** Name of the port of this host. `undefined`: whichever takes part and is the first to see the target port, which none sees now. */
  readonly initiator: string | undefined
  /** Ports of this host that take part. */
  readonly among: readonly string[]
}

/**
 * The pairs of ports. Without a map of initiators they are those that the host sees or has lost: of two fabrics, each port of the host sees
 * one. A target port that no port of the host has seen is one path, which may still come up.
 */
export async function resolvePairs(
  operation: Operation,
  connection: FibreChannelConnection,
  wanted: 'all' | 'any',
): Promise<Resolved<FcPath>> {
  const ports = await readLocalPorts(operation.host, operation.signal)
  const part = takingPart(ports, mapOf(connection.initiators))
  requireOneOnline(part)
  noteStrange(operation, connection, ports)
  const paths = pairsOf(connection, part)
  if (paths.length !== connection.targets.length) await operation.claim.update({ paths: paths.map(recorded) })
  return { paths: wanted === 'all' ? paths : upFirst(paths, part), missing: [] }
}
/** The pairs that the host has, whatever their state. */
export async function pairsOnHost({ host, signal }: Operation, connection: FibreChannelConnection): Promise<readonly FcPath[]> {
  const part = takingPart(await readLocalPorts(host, signal), mapOf(connection.initiators))
  return pairsOf(connection, part).filter(({ initiator }) => initiator !== undefined)
}
/** Target port and LUN of each target of a connection. */
export function targetsOf({ targets, addressing }: FibreChannelConnection): readonly { readonly target: string; readonly lun: bigint }[] {
  return targets.map(({ wwpn, lun }) => ({ target: nameOf(wwpn), lun: kernelLun(lun, addressing) }))
}

/** The ports that the map names, or else all physical ones: a virtual port may belong to a guest, and shows the guest's LUNs. */
export function takingPart(ports: readonly LocalPort[], map: ReturnType<typeof mapOf>): readonly LocalPort[] {
  return ports.filter(({ wwpn, parent }) => (map === undefined ? parent === undefined : map.has(wwpn)))
}
function pairsOf(connection: FibreChannelConnection, part: readonly LocalPort[]): FcPath[] {
  const map = mapOf(connection.initiators)
  const among = [...new Set(part.map(({ wwpn }) => wwpn))]
  return targetsOf(connection).flatMap(({ target, lun }): FcPath[] => {
    const allowed = among.filter((wwpn) => map === undefined || map.get(wwpn)?.includes(target) === true)
    const seeing = part.filter(({ remote }) => remote.some(({ wwpn }) => wwpn === target)).map(({ wwpn }) => wwpn)
    const initiators = map === undefined ? allowed.filter((wwpn) => seeing.includes(wwpn)) : allowed
    const paths = initiators.map((initiator) => ({ label: labelOf(initiator, target), target, lun, initiator, among: [initiator] }))
    if (paths.length > 0 || allowed.length === 0) return paths
    return [{ label: labelOf(undefined, target), target, lun, initiator: undefined, among: allowed }]
  })
}
/** The pair as events and errors name it. */
export function labelOf(initiator: string | undefined, target: string): string {
  return `${initiator ?? 'any port'}→${target}`
}
const recorded = ({ initiator, target, lun }: FcPath) => ({ initiator: initiator ?? null, target, lun: String(lun) })

/** A port that is not online sees no port as online: its pairs are waited for like others. */
function requireOneOnline(ports: readonly LocalPort[]): void {
  if (ports.some(({ state }) => state === ONLINE)) return
  const states = ports.map(({ wwpn, state, host }) => `${wwpn} (host${host}) is ${state}`).join(', ')
  if (ports.length > 0) throw new BrickworkError('ERR_TARGET_UNREACHABLE', `No Fibre Channel port of this host is online: ${states}`)
  throw new BrickworkError(
    'ERR_UNSUPPORTED',
    'This host has no Fibre Channel port that the connection can use: /sys/class/fc_host shows none, or none that is named',
    { details: { protocol: 'fibre-channel' } },
  )
}
/** Zone managers and drivers of arrays may name more than there is. */
function noteStrange({ progress }: Operation, { targets, initiators }: FibreChannelConnection, ports: readonly LocalPort[]): void {
  const map = mapOf(initiators) ?? new Map<string, readonly string[]>()
  const wanted = targets.map(({ wwpn }) => nameOf(wwpn))
  const absent = [...map.keys()].filter((port) => ports.every(({ wwpn }) => wwpn !== port))
  const unwanted = [...new Set([...map.values()].flat())].filter((target) => !wanted.includes(target))
  if (absent.length > 0) progress.note('the connection names ports that this host does not have: they are left out', { ports: absent })
  if (unwanted.length > 0) progress.note('the connection maps initiators to ports that are no targets of it', { ports: unwanted })
}
/** With one path, a pair that is up is used before one that has to be waited for. */
function upFirst(paths: readonly FcPath[], part: readonly LocalPort[]): FcPath[] {
  const isUp = ({ initiator, target }: FcPath) =>
    part.some(({ wwpn, remote }) => wwpn === initiator && remote.some((each) => each.wwpn === target && whyUnreached(each) === undefined))
  return [...paths.filter(isUp), ...paths.filter((path) => !isUp(path))]
}
