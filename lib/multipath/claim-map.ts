/** A map is shared by all attachments of its volume: who takes it and who takes it away do so one after the other. */
import type { Operation } from '../operation/operation.js'
import { mapOfWwid, type MultipathMap } from '../linux/multipath/map.js'
import type { KnownOrigin } from '../operation/entry-writer.js'
import { mapLock, mapObject } from './objects.js'

/** Owns the map, if it is still there: another attachment may have been removing it when it was read. `originOf` is called under the map's lock. */
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
