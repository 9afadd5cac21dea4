/** What an NVMe attachment uses on the host, as entries record it. A controller is named by its path, so that its key outlives a reconnect. */
import type { Guard } from '../../core/host.js'
import type { NvmeController } from '../../linux/nvme/controller.js'
import type { HostObject, Pending } from '../../operation/entry.js'
import { type Data, maybe, number, type Origin, text } from '../../operation/object-data.js'
import type { HostPair } from './host-pair.js'
import type { PortalPath } from './portal-path.js'

export const CONTROLLER = 'controller'
export const NAMESPACE = 'namespace'
export const CONNECT = 'connect'

const pathText = (portalPath: PortalPath, { hostNqn }: HostPair) =>
  [portalPath.nqn, portalPath.label, ...[portalPath.hostAddress, portalPath.hostInterface].map((each) => each ?? '-'), hostNqn].join(' ')
export const controllerKey = (portalPath: PortalPath, pair: HostPair) => `controller ${pathText(portalPath, pair)}`
/** The lock under which the controller of a path is looked for and connected. */
export const pathLock = (portalPath: PortalPath, pair: HostPair) => `nvme ${pathText(portalPath, pair)}`
/** The lock under which controllers of a subsystem are removed, and under which an attach decides to use them. */
export const subsystemLock = (nqn: string) => `nvme subsystem ${nqn}`
/** The kernel makes one connect after another, so all processes take turns. */
export const FABRICS_LOCK = 'nvme fabrics'

const pathData = (portalPath: PortalPath, pair: HostPair): Data => ({
  nqn: portalPath.nqn,
  address: portalPath.address,
  port: portalPath.port,
  hostAddress: portalPath.hostAddress ?? null,
  hostInterface: portalPath.hostInterface ?? null,
  hostNqn: pair.hostNqn,
  hostId: pair.hostId,
})
/** The path of an object or of a pending connect. */
export function portalPathIn(data: Data): { readonly portalPath: PortalPath; readonly pair: HostPair } {
  const [address, port] = [text(data, 'address'), number(data, 'port')]
  const portalPath = {
    nqn: text(data, 'nqn'),
    address,
    port,
    hostAddress: maybe(data, 'hostAddress'),
    hostInterface: maybe(data, 'hostInterface'),
  }
  return {
    portalPath: { ...portalPath, label: labelOf(address, port) },
    pair: { hostNqn: text(data, 'hostNqn'), hostId: text(data, 'hostId') },
  }
}
export const labelOf = (address: string, port: number) => `${address.includes(':') ? `[${address}]` : address}:${port}`

/** A controller as it is recorded. */
export interface KnownController {
  readonly instance: number
  /** Inode of its link in sysfs: a later controller with this number has another one. Only of a controller that an attachment has connected. */
  readonly inode?: string | undefined
}
/** @param known `undefined` before it is connected */
export function controllerObject(portalPath: PortalPath, pair: HostPair, known: KnownController | undefined, origin: Origin): HostObject {
  const data = { ...pathData(portalPath, pair), instance: known?.instance ?? null, inode: known?.inode ?? null }
  return { kind: CONTROLLER, key: controllerKey(portalPath, pair), origin, common: [portalPath.nqn], data }
}
export function namespaceObject(
  nqn: string,
  device: { readonly name: string; readonly diskseq: string | undefined },
  wwid: string,
  nsid: number,
): HostObject {
  const data = { nqn, name: device.name, diskseq: device.diskseq ?? null, wwid, nsid }
  // The volume belongs to the storage: nothing on this host removes a namespace but the end of its controllers.
  return { kind: NAMESPACE, key: `namespace ${nqn} ${wwid}`, origin: 'found', common: [wwid], data }
}
/** `before`: numbers of the controllers of the subsystem that existed before the connect. */
export function pendingConnect(portalPath: PortalPath, pair: HostPair, untilMs: number, before: readonly number[]): Pending {
  const data = { ...pathData(portalPath, pair), before: before.join(' ') }
  return { kind: CONNECT, key: `connect ${pathText(portalPath, pair)}`, untilMs, common: [portalPath.nqn], data }
}
export const inodeOf = ({ data }: HostObject): string | undefined => maybe(data, 'inode')
export const instanceOf = ({ data }: HostObject): number | undefined => {
  const instance = data['instance']
  return typeof instance === 'number' ? instance : undefined
}

/**
 * The controller must still be this one: numbers are given out again at once. `src_addr` comes and goes with the connection, so only the
 * beginning of the address is compared.
 */
export function guardsOf({ nqn, hostNqn, addressText }: NvmeController): Guard[] {
  const address = /^(.*?trsvcid=[^,]*)/.exec(addressText)?.[1] ?? addressText
  return [
    { attribute: 'transport', equals: 'tcp' },
    { attribute: 'subsysnqn', equals: nqn ?? '' },
    { attribute: 'hostnqn', equals: hostNqn ?? '' },
    { attribute: 'address', equals: address, prefix: true },
  ]
}
