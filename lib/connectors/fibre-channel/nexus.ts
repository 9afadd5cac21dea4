/** A pair of ports as a nexus: it has no object of its own. */
import type { AttachedPath } from '../../api/attachment.js'
import type { Host } from '../../core/host.js'
import { directoryOf, type LocalPort, portGuards, readLocalPorts } from '../../linux/fc/local-port.js'
import { type RemotePort, whyUnreached } from '../../linux/fc/remote-port.js'
import type { ScsiDisk } from '../../linux/scsi/disk.js'
import type { Operation } from '../../operation/operation.js'
import type { Nexus, SurveyedNexus, TargetPlace } from '../../scsi/transport.js'
import { type FcPath, labelOf } from './pairs.js'

export interface FcNexus extends Nexus {
  readonly port: LocalPort
  readonly remote: RemotePort
}
export type SurveyedPair = SurveyedNexus<FcNexus>

/**
 * The names of both ports: numbers of SCSI hosts and remote ports are given out again when a driver is loaded again. The names stay, and so
 * do the records of disks.
 */
const keyOf = (initiator: string, target: string) => `fc ${initiator} ${target}`
function pairIn(key: string): { readonly initiator: string; readonly target: string } {
  const [, initiator = '', target = ''] = key.split(' ')
  return { initiator, target }
}

/** `undefined` while the kernel has given the remote port no target number: then it has no disks. */
export function nexusOf(port: LocalPort, remote: RemotePort): FcNexus | undefined {
  const { targetId } = remote
  if (targetId === undefined) return undefined
  return {
    key: keyOf(port.wwpn, remote.wwpn),
    label: labelOf(port.wwpn, remote.wwpn),
    target: remote.wwpn,
    place: { directory: directoryOf(port, remote), host: port.host, channel: remote.channel, id: targetId },
    guards: portGuards(remote),
    scanWaits: 'unbounded',
    port,
    remote,
  }
}
/** The nexuses of these ports, those that are up first: a name may be seen twice while a port changes its place. */
function nexusesOf(ports: readonly LocalPort[], initiators: readonly string[], target: string): FcNexus[] {
  const all = ports
    .filter(({ wwpn }) => initiators.includes(wwpn))
    .flatMap((port) => port.remote.filter(({ wwpn }) => wwpn === target).flatMap((remote) => nexusOf(port, remote) ?? []))
  const isUp = ({ remote }: FcNexus) => whyUnreached(remote) === undefined
  return [...all.filter(isUp), ...all.filter((nexus) => !isUp(nexus))]
}

export async function findNexus(
  { host, signal }: Pick<Operation, 'host' | 'signal'>,
  { among, target }: FcPath,
): Promise<FcNexus | undefined> {
  return nexusesOf(await readLocalPorts(host, signal), among, target)[0]
}
export async function nexusOfKey({ host, signal }: Operation, key: string): Promise<FcNexus | undefined> {
  return await read(host, key, signal)
}
export async function placeOfKey({ host, signal }: Operation, key: string): Promise<TargetPlace | undefined> {
  return (await read(host, key, signal))?.place
}
async function read(host: Host, key: string, signal: AbortSignal): Promise<FcNexus | undefined> {
  const { initiator, target } = pairIn(key)
  return nexusesOf(await readLocalPorts(host, signal), [initiator], target)[0]
}

/** Why the pair passes no command now. */
export async function whyDown({ host, signal }: Operation, { key, label }: FcNexus): Promise<string | undefined> {
  const now = await read(host, key, signal)
  const why = now === undefined ? 'the host no longer has it' : whyUnreached(now.remote)
  return why === undefined ? undefined : `the remote port of ${label} is down: ${why}`
}

export function describePath({ label, port, remote }: FcNexus, { block, state, hctl }: ScsiDisk): AttachedPath {
  const { fastIoFailSec, devLossSec } = remote
  return {
    device: `/dev/${block?.name ?? ''}`,
    state,
    label,
    hctl,
    fc: {
      initiator: port.wwpn,
      target: remote.wwpn,
      portState: remote.state,
      ...(fastIoFailSec === undefined ? {} : { fastIoFailSec }),
      ...(devLossSec === undefined ? {} : { devLossSec }),
    },
  }
}
