/** A map is shared by all attachments of its volume: who takes it and who takes it away do so one after the other. */
import type { Operation } from '../operation/operation.js'
import { mapOfWwid, type MultipathMap } from '../linux/multipath/map.js'
import { mapLock, mapObject } from './objects.js'

/** Owns the map, if it is still there: another attachment may have been taking it away when it was seen. */
export async function claimMap(operation: Operation, map: MultipathMap): Promise<boolean> {
  const { host, signal } = operation
  return await operation.locked(mapLock(map.uuid), async () => {
    const now = await mapOfWwid(host, map.uuid.slice('mpath-'.length), signal)
    if (now?.block.name !== map.block.name || now.suspended) return false
    await operation.own(mapObject(map))
    return true
  })
}
