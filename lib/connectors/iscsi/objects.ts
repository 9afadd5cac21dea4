/** What an iSCSI attachment uses on the host, as it is written down. */
import type { HostObject, Pending } from '../../operation/entry.js'
import { formatPortal, type Portal } from '../../core/portal.js'
import type { Session } from '../../linux/iscsi/session.js'
import type { MultipathMap } from '../../linux/multipath/map.js'
import type { ScsiDisk } from '../../linux/scsi/disk.js'

/** One way to the volume, as the connection names it. */
export interface Target {
  readonly iqn: string
  readonly portal: Portal
  readonly iface: string
  readonly lun: bigint
}
type Origin = HostObject['origin']

export const RECORD = 'record'
export const SESSION = 'session'
export const DISK = 'disk'
export const MAP = 'map'
export const LOGIN = 'login'

/** The lock under which sessions and records of one portal of a target are made, looked at and taken away, through whichever iface. */
export const portalLock = (iqn: string, portal: Portal) => `portal ${iqn} ${formatPortal(portal)}`
/** The lock that a process holds while it asks iscsid for a login, from before it is asked until it has answered. */
export const runningLock = (pending: string) => `running ${pending}`
/** The lock under which one LUN of a session is scanned, looked at and deleted. */
export const lunLock = (session: number, lun: bigint) => `lun ${session} ${lun}`
/** The lock under which a map is claimed, looked at and taken away. */
export const mapLock = (uuid: string) => `map ${uuid}`

const placeData = ({ iqn, portal, iface }: Omit<Target, 'lun'>) => ({ iqn, address: portal.address, port: portal.port, iface })

export function recordObject(target: Target, path: string, origin: Origin): HostObject {
  return { kind: RECORD, key: `record ${path}`, origin, data: { path, ...placeData(target) } }
}
export function sessionObject(session: Session, origin: Origin): HostObject {
  const { id, target: iqn, portal, iface } = session
  return { kind: SESSION, key: `session ${id}`, origin, data: { session: id, ...placeData({ iqn, portal, iface }) } }
}
/** `disk` is `undefined` while it is only about to be made. */
export function diskObject(session: number, lun: bigint, disk: ScsiDisk | undefined, origin: Origin): HostObject {
  return {
    kind: DISK,
    key: `disk ${session} ${lun}`,
    origin,
    data: {
      session,
      lun: String(lun),
      hctl: disk?.hctl ?? null,
      name: disk?.block?.name ?? null,
      kernelWwid: disk?.kernelWwid ?? null,
      diskseq: disk?.block?.diskseq ?? null,
    },
  }
}
export function mapObject({ uuid, name, block }: MultipathMap): HostObject {
  return { kind: MAP, key: `map ${uuid}`, origin: 'made', data: { uuid, name, device: block.name } }
}
export const loginKey = ({ iqn, portal, iface }: Omit<Target, 'lun'>) => `login ${iqn} ${formatPortal(portal)} ${iface}`
export function pendingLogin(target: Target, path: string, untilMs: number): Pending {
  return { kind: LOGIN, key: loginKey(target), untilMs, data: { path, ...placeData(target) } }
}

type Data = HostObject['data']
export const text = (data: Data, name: string) => String(data[name] ?? '')
export const maybe = (data: Data, name: string) => (data[name] == null ? undefined : String(data[name]))
export const number = (data: Data, name: string) => Number(data[name])
/** The portal, target and iface that an object or a pending login belongs to. */
export function placeOf(data: Data): Omit<Target, 'lun'> {
  return { iqn: text(data, 'iqn'), portal: { address: text(data, 'address'), port: number(data, 'port') }, iface: text(data, 'iface') }
}
