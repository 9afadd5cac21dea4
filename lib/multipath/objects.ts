import type { MultipathMap } from '../linux/multipath/map.js'
import type { HostObject } from '../operation/entry.js'
import type { Origin } from '../operation/object-data.js'

export const MAP = 'map'
/** The lock under which a map is claimed, looked at and taken away. */
export const mapLock = (uuid: string) => `map ${uuid}`
export function mapObject({ uuid, name, block }: MultipathMap, origin: Origin): HostObject {
  return { kind: MAP, key: `map ${uuid}`, origin, data: { uuid, name, device: block.name } }
}
