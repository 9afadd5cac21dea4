import type { Reached } from '../../attach/connector.js'
import { kernelLun } from '../../connection/lun.js'
import type { IscsiConnection } from '../../connection/types.js'
import { formatPortal, portalOf } from '../../core/portal.js'
import type { Exposed } from './expose.js'
import type { Target } from './objects.js'

/** The ways to the volume, in the order in which the connection names them. */
export function targetsOf(connection: IscsiConnection): Target[] {
  const { iface = 'default', addressing } = connection
  return connection.targets.map(({ portal, iqn, lun }) => ({ iqn, portal: portalOf(portal), iface, lun: kernelLun(lun, addressing) }))
}

export function pathOf({ session, disk }: Pick<Exposed, 'session' | 'disk'>): Reached['paths'][number] {
  return {
    device: `/dev/${disk.block?.name ?? ''}`,
    hctl: disk.hctl,
    portal: formatPortal(session.portal),
    target: session.target,
    session: session.id,
    state: disk.state,
  }
}
