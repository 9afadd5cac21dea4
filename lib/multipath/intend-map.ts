import type { Operation } from '../operation/operation.js'
import { mapOfWwid, mapUuid } from '../linux/multipath/map.js'
import { MAP, mapLock } from './objects.js'

/**
 * Records that a map is about to be requested, unless one exists. If this process is killed, others then know that the map belongs to
 * Brickwork. The record stays when no map forms in time, since it may form later. Holds the map's lock, as the removal of a map does.
 */
export async function intendMap(operation: Operation, wwid: string): Promise<void> {
  const { host, signal, claim } = operation
  const uuid = mapUuid(wwid)
  const key = `map ${uuid}`
  if (claim.entry.objects.some((object) => object.key === key)) return
  await operation.locked(mapLock(uuid), async () => {
    if ((await mapOfWwid(host, wwid, signal)) !== undefined) return
    await claim.own({ kind: MAP, key, origin: 'intended', data: { uuid, name: wwid, device: '' } })
  })
}
