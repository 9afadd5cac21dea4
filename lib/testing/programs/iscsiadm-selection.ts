/** The records and sessions that `-T`, `-p` and `-I` select. */
import { ifaceOf, type NodeRecord } from '../iscsi/records.js'
import type { Session } from '../iscsi/session.js'
import { keyOf, type Portal, shortest } from '../storage/network.js'
import type { IscsiadmArguments } from './iscsiadm-arguments.js'

export interface ChosenPortal extends Portal {
  readonly tpgt: number | undefined
}
const DEFAULT_PORT = 3260

/** `10.99.1.1:3260,1`, `[fd99::1]:3260`, `10.99.1.1` */
export function parseChosenPortal(text: string): ChosenPortal {
  const [place = '', tpgt] = text.split(',')
  const match = /^\[(.*)\](?::(\d+))?$/.exec(place) ?? /^([^:]*)(?::(\d+))?$/.exec(place)
  return {
    address: shortest(match?.[1] ?? place),
    port: Number(match?.[2] ?? DEFAULT_PORT),
    tpgt: tpgt === undefined ? undefined : Number(tpgt),
  }
}

export function recordMatches(record: NodeRecord, { target, portal, iface }: IscsiadmArguments): boolean {
  if (target !== undefined && record.iqn !== target) return false
  if (iface !== undefined && ifaceOf(record) !== iface) return false
  if (portal === undefined) return true
  const chosen = parseChosenPortal(portal)
  return keyOf(chosen) === keyOf(record.portal) && (chosen.tpgt === undefined || chosen.tpgt === record.tpgt)
}
export function sessionMatches({ iqn, parameters }: Session, { target, portal, iface }: IscsiadmArguments): boolean {
  if (target !== undefined && iqn !== target) return false
  if (iface !== undefined && parameters.iface !== iface) return false
  return portal === undefined || keyOf(parseChosenPortal(portal)) === keyOf(parameters.portal)
}
