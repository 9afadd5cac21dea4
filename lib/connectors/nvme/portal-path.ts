/** One path to a subsystem: a portal by address, and what the connection says of this host's end. */
import { canonicalAddress } from '../../linux/nvme/address.js'
import type { NvmeController } from '../../linux/nvme/controller.js'
import { isEnding, isLive } from '../../linux/nvme/controller.js'
import type { HostPair } from './host-pair.js'

export interface PortalPath {
  readonly nqn: string
  readonly address: string
  readonly port: number
  readonly hostAddress: string | undefined
  readonly hostInterface: string | undefined
  /** `192.0.2.1:4420` */
  readonly label: string
}

/**
 * Whether the controller is this path. Addresses are compared, not their spellings. A path that names no local end is met by any. Without host
 * names, which every kernel since 5.10 shows, a controller is never ours to use.
 */
export function isOfPath(
  { transport, nqn, kind, address, hostNqn, hostId }: NvmeController,
  portalPath: PortalPath,
  pair: HostPair,
): boolean {
  if (transport !== 'tcp' || nqn !== portalPath.nqn || kind !== 'io') return false
  if (hostNqn !== pair.hostNqn || hostId !== pair.hostId) return false
  if (address.traddr !== canonicalAddress(portalPath.address) || address.trsvcid !== portalPath.port) return false
  if (portalPath.hostInterface !== undefined && address.hostIface !== portalPath.hostInterface) return false
  if (portalPath.hostAddress === undefined) return true
  const local = address.hostTraddr ?? address.srcAddr
  return local === canonicalAddress(portalPath.hostAddress)
}

/** The controller of a path that an attach uses: a live one before others, then the lowest number. One that is ending is none. */
export function controllerOf(controllers: readonly NvmeController[], portalPath: PortalPath, pair: HostPair): NvmeController | undefined {
  const there = controllers.filter((each) => !isEnding(each) && isOfPath(each, portalPath, pair)).sort((a, b) => a.instance - b.instance)
  return there.find(isLive) ?? there[0]
}
