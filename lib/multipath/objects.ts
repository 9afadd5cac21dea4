import type { MultipathMap } from '../linux/multipath/map.js'
import type { HostObject } from '../operation/entry.js'
import type { Origin } from '../operation/object-data.js'

export const MAP = 'map'
/** The name of the lock under which a map is queried, claimed and removed. */
export const mapLock = (uuid: string) => `map ${uuid}`
export function mapObject({ uuid, name, block }: MultipathMap, origin: Origin): HostObject {
  return { kind: MAP, key: `map ${uuid}`, origin, data: { uuid, name, device: block.name } }
}
