/** All attachments of a volume share its map. Claiming the map and removing it happen under the map's lock, one after the other. */
import type { Operation } from '../operation/operation.js'
import type { MultipathMap } from '../linux/multipath/map.js'
import type { KnownOrigin } from '../operation/entry-writer.js'
import { mapLock, mapObject } from './objects.js'

/**
 * Claims the map if it still exists: another attachment may have removed it since it was read. `look` and `originOf` are called under the
 * map's lock. As long as it is claimed, no attachment removes it.
 * @returns the map as `look` has shown it; `undefined` when it was not claimed.
 */
export async function claimMap(
  operation: Operation,
  map: MultipathMap,
  look: () => Promise<MultipathMap | undefined>,
  originOf: (map: MultipathMap) => Promise<KnownOrigin>,
): Promise<MultipathMap | undefined> {
  return await operation.locked(mapLock(map.uuid), async () => {
    const now = await look()
    if (now?.block.name !== map.block.name || now.uuid !== map.uuid || now.suspended) return undefined
    await operation.claim.own(mapObject(now, await originOf(now)))
    return now
  })
}
