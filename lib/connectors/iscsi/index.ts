/** iSCSI by open-iscsi: sysfs for what is, iscsiadm for logins and logouts. */
import type { Connector } from '../../operation/connector.js'
import type { Entry } from '../../operation/entry.js'
import { plainLun } from '../../connection/lun.js'
import type { IscsiConnection } from '../../api/connection.js'
import { plainPortal } from '../../core/portal.js'
import { loadSgModule } from '../../linux/scsi/sg.js'
import { attachIscsi } from '../../scsi/volume/attach.js'
import { discoverIscsi } from './find-objects.js'
import { locateIscsi } from '../../scsi/volume/locate.js'
import { Logins } from './login-registry.js'
import { placeOf, portalLock } from './objects.js'
import { findOrphans } from './orphan-sessions.js'
import { proveIscsiAgain } from '../../scsi/volume/reverify.js'
import { releaseIscsi } from '../../scsi/volume/release.js'
import { resizeIscsi } from '../../scsi/volume/resize.js'
import { settleLogin } from './pending-login.js'
import { survivingRecords } from './surviving-records.js'
import { requireIface } from './ifaces.js'
import { ifacesOf, plainIfaces } from './named-paths.js'
import { waysThere } from './resolve-paths.js'

export function createIscsiConnector(): Connector<IscsiConnection> {
  const logins = new Logins()
  return {
    protocol: 'iscsi',
    plain,
    attach: async (operation, connection, expected) => {
      for (const name of ifacesOf(connection)) await requireIface(operation, name)
      if (!(await loadSgModule(operation.host, operation.signal)))
        operation.note('the kernel module sg could not be loaded: disks that were there before cannot be proven')
      return await attachIscsi(operation, logins, connection, expected)
    },
    locate: locateIscsi,
    proveAgain: proveIscsiAgain,
    discover: async (operation, connection) => discoverIscsi(operation, await waysThere(operation, connection)),
    surviving: survivingRecords,
    release: releaseIscsi,
    resize: resizeIscsi,
    settle: async (operation, pending) => {
      const { iqn, portal } = placeOf(pending.data)
      await operation.locked(portalLock(iqn, portal), () => settleLogin(operation, logins, pending, 'undo'))
    },
    orphans: findOrphans,
  }
}

function plain(connection: IscsiConnection): Entry['connection'] {
  const { targets, discovery, auth, addressing } = connection
  return {
    protocol: 'iscsi',
    targets: targets.map(({ portal, iqn, lun }) => ({
      ...(portal === undefined ? {} : { portal: plainPortal(portal) ?? portal }),
      iqn,
      lun: plainLun(lun),
    })),
    ...(discovery === undefined ? {} : { discovery: plainDiscovery(discovery) }),
    ...(auth === undefined ? {} : { auth: { username: auth.username } }),
    ...plainIfaces(ifacesOf(connection)),
    ...(addressing === undefined ? {} : { addressing }),
  }
}

function plainDiscovery({ portal, auth }: NonNullable<IscsiConnection['discovery']>) {
  return { portal: plainPortal(portal) ?? portal, ...(auth === undefined ? {} : { auth: { username: auth.username } }) }
}
