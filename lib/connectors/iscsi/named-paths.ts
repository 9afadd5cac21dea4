import type { IscsiConnection } from '../../api/connection.js'
import { kernelLun } from '../../connection/lun.js'
import { canonicalPortal, formatPortal, portalOf } from '../../core/portal.js'
import { DEFAULT_IFACE } from '../../linux/iscsi/session.js'
import type { NamedPath } from '../../scsi/transport.js'
import type { Endpoint } from './objects.js'

export interface IscsiPath extends NamedPath, Endpoint {}

/**
 * The paths to the volume, in the order of the connection. Skips entries without a portal, and counts a target at one portal once.
 */
export function namedPaths(connection: IscsiConnection): IscsiPath[] {
  const { addressing } = connection
  const ifaces = ifacesOf(connection)
  const seen = new Set<string>()
  return connection.targets.flatMap(({ portal: text = '', iqn, lun }) => {
    const place = `${iqn} ${canonicalPortal(text) ?? text}`
    if (text === '' || seen.has(place)) return []
    seen.add(place)
    const portal = portalOf(text)
    const common = { iqn, portal, label: formatPortal(portal), target: iqn, lun: kernelLun(lun, addressing) }
    return ifaces.map((iface) => ({ ...common, iface }))
  })
}
export function ifacesOf({ iface = DEFAULT_IFACE }: IscsiConnection): readonly string[] {
  return typeof iface === 'string' ? [iface] : iface
}

/** The recorded form: sorted, since the order makes no difference, and without the default. */
export function canonicalIfaces(ifaces: readonly string[]): { readonly iface?: string | string[] } {
  const [only = DEFAULT_IFACE, ...more] = [...new Set(ifaces)].sort()
  if (more.length > 0) return { iface: [only, ...more] }
  return only === DEFAULT_IFACE ? {} : { iface: only }
}
