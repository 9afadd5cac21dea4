import type { Reached } from '../../operation/connector.js'
import type { Entry, HostObject } from '../../operation/entry.js'
import type { Provable } from '../disk/identity.js'
import type { Operation } from '../../operation/operation.js'
import { readBlockDevice } from '../../linux/block/device.js'
import { readSessions, type Session } from '../../linux/iscsi/session.js'
import { mapOver } from '../../linux/multipath/map.js'
import type { ScsiDisk } from '../../linux/scsi/disk.js'
import { DISK } from '../disk/objects.js'
import { MAP } from '../../multipath/objects.js'
import { number, text } from '../../operation/object-data.js'
import { diskOf, isSameDisk } from '../disk/disk-of.js'
import { pathOf } from '../../connectors/iscsi/named-paths.js'

/** The device of an attached entry, by its sessions and LUNs: the map over the disks, or the disk. */
export async function locateIscsi(operation: Operation, entry: Entry): Promise<Reached | undefined> {
  const { host, signal } = operation
  const sessions = await readSessions(host, signal)
  const there: { session: Session; disk: ScsiDisk }[] = []
  for (const object of entry.objects.filter(({ kind }) => kind === DISK)) {
    const disk = await healthyDisk(operation, object)
    const session = sessions.find(({ id }) => id === number(object.data, 'session'))
    if (disk !== undefined && session !== undefined) there.push({ session, disk })
  }
  const [first] = there
  if (first?.disk.block === undefined) return undefined
  const disks = there.map(({ disk }) => provable(disk))
  const common = {
    disks,
    paths: there.map(pathOf),
    wwid: first.disk.wwid,
    serial: first.disk.serial,
    degraded: there.length < targetCount(entry),
  }
  const recorded = entry.objects.find(({ kind }) => kind === MAP)
  if (recorded === undefined) {
    const device = await readBlockDevice(host, first.disk.block.name, signal)
    return device === undefined ? undefined : { device, ...common }
  }
  for (const { disk } of there) {
    const map = disk.block === undefined ? undefined : await mapOver(host, disk.block.name, signal)
    if (map?.uuid === text(recorded.data, 'uuid'))
      return { device: map.block, multipath: { name: map.name, device: `/dev/${map.block.name}`, uuid: map.uuid }, ...common }
  }
  return undefined
}

/** By its SCSI device; a disk without a block device can't be attached. */
function provable({ block, vpd80, vpd83, sg }: ScsiDisk): Provable {
  return { name: block?.name ?? '', sizeBytes: block?.sizeBytes ?? 0, vpd80, vpd83, sg }
}
async function healthyDisk(operation: Operation, object: HostObject): Promise<ScsiDisk | undefined> {
  const disk = await diskOf(operation, number(object.data, 'session'), BigInt(text(object.data, 'lun')))
  return disk !== undefined && isSameDisk(object, disk) && disk.state === 'running' ? disk : undefined
}
function targetCount({ connection, ways }: Entry): number {
  if (ways !== undefined) return ways.length
  const { targets } = connection as { targets?: unknown }
  return Array.isArray(targets) ? targets.length : 1
}
