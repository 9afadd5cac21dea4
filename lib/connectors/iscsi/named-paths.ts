import type { Reached } from '../../operation/connector.js'
import { kernelLun } from '../../connection/lun.js'
import type { IscsiConnection } from '../../api/connection.js'
import { formatPortal, portalOf } from '../../core/portal.js'
import { DEFAULT_IFACE } from '../../linux/iscsi/session.js'
import type { Exposed } from '../../scsi/disk/scan-lun.js'
import type { Target } from './objects.js'

/** The ways to the volume, in the order in which the connection names them; entries that leave their portal to a discovery name none. */
export function targetsOf(connection: IscsiConnection): Target[] {
  const { addressing } = connection
  const ifaces = ifacesOf(connection)
  return connection.targets.flatMap(({ portal, iqn, lun }) =>
    portal === undefined ? [] : ifaces.map((iface) => ({ iqn, portal: portalOf(portal), iface, lun: kernelLun(lun, addressing) })),
  )
}
export function ifacesOf({ iface = DEFAULT_IFACE }: IscsiConnection): readonly string[] {
  return typeof iface === 'string' ? [iface] : iface
}

/** As it is written down: the order makes no difference to what a volume is attached through, and the default goes without saying. */
export function plainIfaces(ifaces: readonly string[]): { readonly iface?: string | string[] } {
  const [only = DEFAULT_IFACE, ...more] = [...new Set(ifaces)].sort()
  if (more.length > 0) return { iface: [only, ...more] }
  return only === DEFAULT_IFACE ? {} : { iface: only }
}

export function pathOf({ session, disk }: Pick<Exposed, 'session' | 'disk'>): Reached['paths'][number] {
  return {
    device: `/dev/${disk.block?.name ?? ''}`,
    hctl: disk.hctl,
    portal: formatPortal(session.portal),
    target: session.target,
    ...(session.iface === DEFAULT_IFACE ? {} : { iface: session.iface }),
    session: session.id,
    state: disk.state,
  }
}
