/** What an iSCSI attachment uses on the host, as it is written down. */
import type { HostObject, Pending } from '../../operation/entry.js'
import { formatPortal, type Portal } from '../../core/portal.js'
import type { Session } from '../../linux/iscsi/session.js'
import { type Data, number, type Origin, text } from '../../operation/object-data.js'

/** One way to the volume, as the connection names it. */
export interface Target {
  readonly iqn: string
  readonly portal: Portal
  readonly iface: string
  readonly lun: bigint
}
export const RECORD = 'record'
export const SESSION = 'session'
export const LOGIN = 'login'

/** The lock under which sessions and records of one portal of a target are made, looked at and taken away, through whichever iface. */
export const portalLock = (iqn: string, portal: Portal) => `portal ${iqn} ${formatPortal(portal)}`
/** The lock that a process holds while it asks iscsid for a login, from before it is asked until it has answered. */
export const runningLock = (pending: string) => `running ${pending}`
const placeData = ({ iqn, portal, iface }: Omit<Target, 'lun'>) => ({ iqn, address: portal.address, port: portal.port, iface })

export function recordObject(target: Target, path: string, origin: Origin): HostObject {
  return { kind: RECORD, key: `record ${path}`, origin, data: { path, ...placeData(target) } }
}
export function sessionObject(session: Session, origin: Origin): HostObject {
  const { id, target: iqn, portal, iface } = session
  return { kind: SESSION, key: `session ${id}`, origin, data: { session: id, ...placeData({ iqn, portal, iface }) } }
}
export const loginKey = ({ iqn, portal, iface }: Omit<Target, 'lun'>) => `login ${iqn} ${formatPortal(portal)} ${iface}`
export function pendingLogin(target: Target, path: string, untilMs: number): Pending {
  return { kind: LOGIN, key: loginKey(target), untilMs, data: { path, ...placeData(target) } }
}

/** The portal, target and iface that an object or a pending login belongs to. */
export function placeOf(data: Data): Omit<Target, 'lun'> {
  return { iqn: text(data, 'iqn'), portal: { address: text(data, 'address'), port: number(data, 'port') }, iface: text(data, 'iface') }
}
