/** The objects that an iSCSI attachment uses on the host, as entries record them. */
import type { HostObject, Pending } from '../../operation/entry.js'
import { formatPortal, type Portal } from '../../core/portal.js'
import type { Session } from '../../linux/iscsi/session.js'
import { type Data, maybe, number, type Origin, text } from '../../operation/object-data.js'

/** A portal of a target, reached through an iface. A session and a node record each belong to one. */
export interface Endpoint {
  readonly iqn: string
  readonly portal: Portal
  readonly iface: string
}
export const RECORD = 'record'
export const SESSION = 'session'
export const LOGIN = 'login'

/** The lock under which sessions and records of one portal of a target are queried, created and removed, for all ifaces. */
export const portalLock = (iqn: string, portal: Portal) => `portal ${iqn} ${formatPortal(portal)}`
/** The lock that a process holds while it asks iscsid for a login, from before the request until the answer. */
export const runningLock = (pending: string) => `running ${pending}`
const endpointData = ({ iqn, portal, iface }: Endpoint) => ({ iqn, address: portal.address, port: portal.port, iface })

export function recordObject(target: Endpoint, path: string, origin: Origin): HostObject {
  return {
    kind: RECORD,
    key: `record ${path}`,
    origin,
    common: target.iqn === '' ? [] : [target.iqn],
    data: { path, ...endpointData(target) },
  }
}
export const sessionKey = (id: number) => `session ${id}`
export function sessionObject(session: Session, origin: Origin): HostObject {
  const { id, target: iqn, portal, iface } = session
  return { kind: SESSION, key: sessionKey(id), origin, common: [iqn], data: { session: id, ...endpointData({ iqn, portal, iface }) } }
}
/** The same session in an entry that is about to ask for its logout. iscsid ends it even after the caller has died or given up. */
export const endingSession = (object: HostObject): HostObject => ({ ...object, data: { ...object.data, ending: 1 } })
export const isEnding = ({ kind, data }: HostObject): boolean => kind === SESSION && data['ending'] === 1
export const loginKey = ({ iqn, portal, iface }: Endpoint) => `login ${iqn} ${formatPortal(portal)} ${iface}`
/** `lun`: what is scanned on the new session before anybody else can use it. */
export function pendingLogin(target: Endpoint, path: string, untilMs: number, lun?: bigint): Pending {
  const scans = lun === undefined ? {} : { lun: String(lun) }
  return { kind: LOGIN, key: loginKey(target), untilMs, common: [target.iqn], data: { path, ...endpointData(target), ...scans } }
}
/** The LUN that may have been scanned on the session of a pending login. */
export function scannedBy({ data }: Pending): bigint | undefined {
  const lun = maybe(data, 'lun')
  return lun === undefined ? undefined : BigInt(lun)
}

export const isAt = ({ data }: HostObject, { iqn, portal, iface }: Endpoint) =>
  data['iqn'] === iqn && data['address'] === portal.address && data['port'] === portal.port && data['iface'] === iface

/** The portal, target and iface of an object or of a pending login. */
export function endpointIn(data: Data): Endpoint {
  return { iqn: text(data, 'iqn'), portal: { address: text(data, 'address'), port: number(data, 'port') }, iface: text(data, 'iface') }
}
