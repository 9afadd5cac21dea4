import type { MultipathMap } from '../linux/multipath/map.js'
import type { HostObject } from '../operation/entry.js'

export const MAP = 'map'
/** The lock under which a map is claimed, looked at and taken away. */
export const mapLock = (uuid: string) => `map ${uuid}`
export function mapObject({ uuid, name, block }: MultipathMap): HostObject {
  return { kind: MAP, key: `map ${uuid}`, origin: 'created', data: { uuid, name, device: block.name } }
}
