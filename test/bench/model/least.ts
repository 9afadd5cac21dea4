/** The minimum that an attach needs of the modelled machine, done by hand. It verifies nothing, records nothing and rolls nothing back. */
import type { FakeHost } from '../../../lib/testing/index.js'
import { isDescribed } from '../../../lib/attach/wait-ready.js'
import { parsePortal } from '../../../lib/core/portal.js'
import { builtInIface } from '../../../lib/linux/iscsi/iface.js'
import { login } from '../../../lib/linux/iscsi/iscsiadm.js'
import { formatRecord, LOCK_DIRECTORY, recordFile } from '../../../lib/linux/iscsi/record.js'
import { DEFAULT_IFACE, placeOfSession, readSessions, samePortal, sessionGuard } from '../../../lib/linux/iscsi/session.js'
import { readMaps } from '../../../lib/linux/multipath/map.js'
import { scanLun } from '../../../lib/linux/scsi/scan.js'
import { whenSeen } from '../../../lib/linux/wait.js'

const { signal } = new AbortController()

/** Brings up all paths at once, then the map with all of them, described by udev. */
export async function attachByHand(host: FakeHost, iqn: string, portals: readonly string[], lun: bigint): Promise<void> {
  using watch = await host.events.watch(['dm-*', 'subsystem:block'])
  await Promise.all(portals.map((portal) => path(host, iqn, portal, lun)))
  await whenSeen(watch, signal, async () => {
    const map = (await readMaps(host, signal)).find(({ slaves, suspended }) => !suspended && slaves.length === portals.length)
    return map !== undefined && (await isDescribed(host, map.block, signal)) && !watch.udevPending(map.block.name) ? map : undefined
  })
}
async function path(host: FakeHost, iqn: string, text: string, lun: bigint): Promise<void> {
  const portal = parsePortal(text)
  if (portal === undefined) throw new Error(`${text} is no portal`)
  const settings = {
    target: iqn,
    portal,
    iface: builtInIface(DEFAULT_IFACE),
    owner: 'nobody',
    loginTimeoutSec: 15,
    session: { replacementTimeoutSec: 120 },
  }
  const record = { path: recordFile('/etc/iscsi', iqn, portal), text: formatRecord(settings) }
  await host.kernel.changeRecord({ lockDirectory: LOCK_DIRECTORY, ...record }, signal)
  await login(host, iqn, portal, DEFAULT_IFACE, false, signal)
  const session = (await readSessions(host, signal)).find((each) => each.target === iqn && samePortal(each.portal, portal))
  const place = session === undefined ? undefined : await placeOfSession(host, session.id)
  if (session === undefined || place === undefined) throw new Error(`No session to ${iqn} at ${text}`)
  await scanLun(host, { host: place.hostNumber, channel: 0, id: 0, lun }, [sessionGuard(session)], signal)
}
