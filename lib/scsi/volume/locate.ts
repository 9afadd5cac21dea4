import { readBlockDevice } from '../../linux/block/device.js'
import { mapOver } from '../../linux/multipath/map.js'
import type { ScsiDisk } from '../../linux/scsi/disk.js'
import { takesIo } from '../../linux/scsi/access-state.js'
import { MAP } from '../../multipath/objects.js'
import type { AttachedDevice } from '../../operation/connector.js'
import type { Entry, HostObject } from '../../operation/entry.js'
import { text } from '../../operation/object-data.js'
import type { IdentitySource } from '../../operation/identity.js'
import type { Operation } from '../../operation/operation.js'
import { describePath, diskOf, isSameDisk } from '../disk/disk-of.js'
import { scsiIdentity } from '../disk/identity.js'
import { DISK, nexusKeyOf } from '../disk/objects.js'
import type { Nexus, Transport } from '../transport.js'

/** The device of an attached entry, by its nexuses and LUNs: the map over the disks, or the disk. */
export async function locateVolume(operation: Operation, transport: Transport, entry: Entry): Promise<AttachedDevice | undefined> {
  const { host, signal } = operation
  const there: { nexus: Nexus; disk: ScsiDisk }[] = []
  for (const object of entry.objects.filter(({ kind }) => kind === DISK)) {
    const disk = await healthyDisk(operation, transport, object)
    const nexus = disk === undefined ? undefined : await transport.nexus(operation, nexusKeyOf(object))
    if (disk !== undefined && nexus !== undefined) there.push({ nexus, disk })
  }
  const [first] = there
  if (first?.disk.block === undefined) return undefined
  const sources = there.map(({ disk }) => sourceOf(disk))
  const named = pathCount(transport, entry)
  const common = {
    sources,
    paths: there.map(({ nexus, disk }) => describePath(transport, nexus, disk)),
    ...sourceOf(first.disk).shown,
    degraded: there.filter(({ disk }) => takesIo(disk.accessState)).length < named,
    named,
  }
  const recorded = entry.objects.find(({ kind, origin }) => kind === MAP && origin !== 'intended')
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

/** The name and the size have defaults only for the type: an attached disk has a block device. */
function sourceOf({ block, vpd80, vpd83, sg }: ScsiDisk): IdentitySource {
  return scsiIdentity({ name: block?.name ?? '', sizeBytes: block?.sizeBytes ?? 0, vpd80, vpd83, sg })
}
async function healthyDisk(operation: Operation, transport: Transport, object: HostObject): Promise<ScsiDisk | undefined> {
  const disk = await diskOf(operation, transport, object)
  return disk !== undefined && isSameDisk(transport, object, disk) && disk.state === 'running' ? disk : undefined
}
function pathCount(transport: Transport, { connection, paths }: Entry): number {
  return paths?.length ?? transport.named(connection).length
}
