/** iSCSI by open-iscsi: sysfs for what is, iscsiadm for logins and logouts. */
import type { Connector } from '../../attach/connector.js'
import type { Entry } from '../../attach/entry.js'
import { plainLun } from '../../connection/lun.js'
import type { IscsiConnection } from '../../connection/types.js'
import { plainPortal } from '../../core/portal.js'
import { loadSgModule } from '../../linux/scsi/sg.js'
import { attachIscsi } from './attach.js'
import { discoverIscsi } from './discover.js'
import { locateIscsi } from './locate.js'
import { Logins } from './logins.js'
import { placeOf, portalLock } from './objects.js'
import { findOrphans } from './orphans.js'
import { proveIscsiAgain } from './prove-again.js'
import { releaseIscsi } from './release.js'
import { resizeIscsi } from './resize.js'
import { settleLogin } from './settle.js'
import { survivingRecords } from './surviving.js'
import { requireIface } from './ifaces.js'
import { ifacesOf, plainIfaces } from './targets.js'
import { waysThere } from './ways.js'

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
