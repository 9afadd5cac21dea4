/** iSCSI by open-iscsi: sysfs for what is, iscsiadm for logins and logouts. */
import type { Connector, Reached } from '../../attach/connector.js'
import type { Entry, HostObject } from '../../attach/entry.js'
import type { Operation } from '../../attach/operation.js'
import { BrickworkError } from '../../core/errors.js'
import type { IscsiConnection } from '../../connection/types.js'
import { formatPortal, portalOf } from '../../core/portal.js'
import { readBlockDevice } from '../../linux/block/device.js'
import { readSessions } from '../../linux/iscsi/session.js'
import { loadSgModule } from '../../linux/scsi/sg.js'
import { attachIscsi, pathOf, targetsOf } from './attach.js'
import { discoverIscsi } from './discover.js'
import { Logins } from './logins.js'
import { DISK, number, placeOf, portalLock, RECORD, text } from './objects.js'
import { releaseIscsi } from './release.js'
import { diskOf, isSameDisk } from './release-disk.js'
import { settleLogin } from './settle.js'

export function createIscsiConnector(): Connector<IscsiConnection> {
  const logins = new Logins()
  return {
    protocol: 'iscsi',
    plain,
    attach: async (operation, connection, expected) => {
      refuseWhatIsNotThereYet(operation, connection)
      if (!(await loadSgModule(operation.host, operation.signal)))
        operation.note('the kernel module sg could not be loaded: disks that were there before cannot be proven')
      return await attachIscsi(operation, logins, connection, expected)
    },
    locate,
    discover: (operation, connection) => discoverIscsi(operation, targetsOf(connection)),
    surviving: (objects) => objects.filter(({ kind }) => kind === RECORD),
    release: releaseIscsi,
    settle: async (operation, pending) => {
      const { iqn, portal, iface } = placeOf(pending.data)
      await operation.locked(portalLock(iqn, portal, iface), () => settleLogin(operation, logins, pending, 'undo'))
    },
  }
}

function plain(connection: IscsiConnection): Entry['connection'] {
  const { targets, auth, iface, addressing } = connection
  return {
    protocol: 'iscsi',
    targets: targets.map(({ portal, iqn, lun }) => ({ portal: formatPortal(portalOf(portal)), iqn, lun: String(lun) })),
    ...(auth === undefined ? {} : { auth: { username: auth.username } }),
    ...(iface === undefined ? {} : { iface }),
    ...(addressing === undefined ? {} : { addressing }),
  }
}

/** What the interface promises for later is refused, not left out in silence. */
function refuseWhatIsNotThereYet({ policy }: Operation, { iface }: IscsiConnection): void {
  const refuse = (field: string, code: 'ERR_UNSUPPORTED' | 'ERR_MULTIPATH_UNAVAILABLE', why: string) => {
    throw new BrickworkError(code, `${field}: ${why}`, { details: { field } })
  }
  if (policy.multipath === 'require')
    refuse('policy.multipath', 'ERR_MULTIPATH_UNAVAILABLE', "'require' cannot be met: this version attaches over a single path")
  if (policy.paths.min === 'all' || policy.paths.min > 1)
    refuse('policy.paths.min', 'ERR_MULTIPATH_UNAVAILABLE', 'this version attaches over a single path')
  if (policy.assemble === 'direct') refuse('policy.assemble', 'ERR_UNSUPPORTED', "'direct' is not available in this version")
  if (iface !== undefined && iface !== 'default')
    refuse('connection.iface', 'ERR_UNSUPPORTED', "only the iface 'default' is available in this version")
}

async function locate(operation: Operation, entry: Entry): Promise<Reached | undefined> {
  const object = entry.objects.find(({ kind }) => kind === DISK)
  if (object === undefined) return undefined
  const disk = await healthyDisk(operation, object)
  const session = (await readSessions(operation.host, operation.signal)).find(({ id }) => id === number(object.data, 'session'))
  const device = disk?.block === undefined ? undefined : await readBlockDevice(operation.host, disk.block.name, operation.signal)
  if (disk === undefined || session === undefined || device === undefined) return undefined
  return { device, paths: [pathOf({ session, disk })], wwid: disk.wwid, serial: disk.serial, degraded: targetCount(entry) > 1 }
}
async function healthyDisk(operation: Operation, object: HostObject) {
  const disk = await diskOf(operation, number(object.data, 'session'), BigInt(text(object.data, 'lun')))
  return disk !== undefined && isSameDisk(object, disk) && disk.state === 'running' ? disk : undefined
}
function targetCount({ connection }: Entry): number {
  const { targets } = connection as { targets?: unknown }
  return Array.isArray(targets) ? targets.length : 1
}
