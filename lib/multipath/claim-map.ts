/** All attachments of a volume share its map. Claiming the map and removing it happen under the map's lock, one after the other. */
import type { Operation } from '../operation/operation.js'
import { mapOfWwid, type MultipathMap } from '../linux/multipath/map.js'
import type { KnownOrigin } from '../operation/entry-writer.js'
import { mapLock, mapObject } from './objects.js'

/**
 * Claims the map if it still exists: another attachment may have removed it since it was read. `originOf` is called under the map's lock.
 * @returns whether the map was claimed.
 */
export async function claimMap(
  operation: Operation,
  map: MultipathMap,
  originOf: (map: MultipathMap) => Promise<KnownOrigin>,
): Promise<boolean> {
  const { host, signal } = operation
  return await operation.locked(mapLock(map.uuid), async () => {
    const now = await mapOfWwid(host, map.uuid.slice('mpath-'.length), signal)
    if (now?.block.name !== map.block.name || now.suspended) return false
    await operation.claim.own(mapObject(now, await originOf(now)))
    return true
  })
}
