/** What the host still has of an attachment's own objects. Reads sysfs and files: it asks no disk, no daemon and no target. */
import { isKnownVolume } from '../../linux/multipath/known-volumes.js'
import { readMaps } from '../../linux/multipath/map.js'
import { KNOWN_VOLUME } from '../../multipath/known-volume.js'
import { MAP } from '../../multipath/objects.js'
import type { HostObject } from '../../operation/entry.js'
import { text } from '../../operation/object-data.js'
import type { Operation } from '../../operation/operation.js'
import { diskOf, isSameDisk } from '../disk/disk-of.js'
import { DISK } from '../disk/objects.js'
import type { Transport } from '../transport.js'

/** The object in words; `undefined` if the host has it no more. */
export async function remainingObject(operation: Operation, transport: Transport, object: HostObject): Promise<string | undefined> {
  const { host, signal } = operation
  const { kind, key, data } = object
  if (kind === DISK) {
    const disk = await diskOf(operation, transport, object)
    return disk !== undefined && isSameDisk(transport, object, disk)
      ? `disk ${disk.block === undefined ? disk.hctl : `/dev/${disk.block.name}`}`
      : undefined
  }
  if (kind === MAP) {
    const map = (await readMaps(host, signal)).find(({ uuid }) => uuid === data['uuid'])
    return map === undefined ? undefined : `map ${map.name}`
  }
  if (kind === KNOWN_VOLUME) {
    const wwid = text(data, 'wwid')
    return (await isKnownVolume(host, wwid)) ? `${wwid} in /etc/multipath/wwids` : undefined
  }
  const own = [transport.own?.nexus, ...(transport.own?.rest ?? [])].find((each) => each?.kind === kind)
  return own === undefined || (await own.isThere(operation, object)) ? key : undefined
}
