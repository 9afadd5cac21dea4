/**
 * The objects on the host that belong to a connection and that neither claims nor journal name. A detach uses them when all state was lost.
 */
import type { Connection } from '../../api/connection.js'
import type { Discovered } from '../../operation/connector.js'
import type { HostObject } from '../../operation/entry.js'
import type { Operation } from '../../operation/operation.js'
import { diskAt } from '../disk/disk-of.js'
import { diskObject } from '../disk/objects.js'
import type { Transport } from '../transport.js'

/**
 * The caller wants this connection to be detached. Its disks, and the objects that the transport has for them, count as created by this
 * library, unless another attachment claims them.
 */
export async function discoverVolume(operation: Operation, transport: Transport, connection: Connection): Promise<Discovered> {
  const objects: HostObject[] = []
  const created = new Set<string>()
  for (const path of await transport.onHost(operation, connection)) {
    const nexus = await transport.find(operation, path)
    const disk = nexus === undefined ? undefined : await diskAt(operation, transport, nexus.key, path.lun)
    if (nexus !== undefined && disk !== undefined) objects.push(diskObject(nexus.key, path.lun, disk, 'created'))
    const own = await transport.objectsOf?.(operation, path, nexus === undefined ? undefined : { nexus, disk })
    if (own === undefined) continue
    objects.push(...own.objects)
    for (const key of own.created) created.add(key)
    // A disk was created by the program that created its nexus.
    if (nexus !== undefined && own.created.includes(nexus.key)) created.add(diskObject(nexus.key, path.lun, disk, 'created').key)
  }
  return { objects, created }
}
