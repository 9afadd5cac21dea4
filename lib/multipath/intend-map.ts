import type { Operation } from '../operation/operation.js'
import { mapOfWwid, mapUuid } from '../linux/multipath/map.js'
import { MAP, mapLock } from './objects.js'

/**
 * Writes down that a map is about to be requested, unless one is there: whoever comes after a process that was killed then knows whose the map is.
 * Kept when no map comes up in time, since one may come up later. Under the map's lock, as whoever removes a map holds it.
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
