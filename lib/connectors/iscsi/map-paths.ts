/** Which map has formed over our disks, and that it has no other paths than those that may be in it. */
import type { Operation } from '../../attach/operation.js'
import { BrickworkError } from '../../core/errors.js'
import { mapOver, mapUuid, type MultipathMap } from '../../linux/multipath/map.js'
import { leaveMap } from './leave-map.js'
import { DISK } from './objects.js'
import type { Paths, ProvenPath } from './paths.js'

/** The proven paths that the map has. */
export function ours(paths: Paths, map: MultipathMap): readonly ProvenPath[] {
  return paths.good.filter(({ device }) => map.slaves.includes(device.name))
}

/** @throws `ERR_IDENTITY_CONFLICT`: it is the map of another volume, or has paths of somebody else. */
export async function mapOfPaths(operation: Operation, paths: Paths): Promise<MultipathMap | undefined> {
  for (const { device, identity } of paths.good) {
    const map = await mapOver(operation.host, device.name, operation.signal)
    if (map === undefined) continue
    if (identity.wwid !== undefined && map.uuid !== mapUuid(identity.wwid)) throw foreignMap(map, device.name)
    return await withoutStrangers(operation, paths, map)
  }
  return undefined
}

/**
 * Every path of the map must be of this connection, or of another attachment of ours on the same volume. A disk of this connection that was
 * on the host before and could not be proven is taken out: I/O must not go where nobody knows what it meets.
 */
async function withoutStrangers(operation: Operation, paths: Paths, map: MultipathMap): Promise<MultipathMap | undefined> {
  const unproven = map.slaves.filter((slave) => paths.unproven.has(slave))
  for (const slave of unproven) await leaveMap(operation, slave)
  if (unproven.length > 0) return undefined // looked at anew: the change of the map is an event
  const claimed = [operation.entry, ...(await operation.claims.all())].flatMap(({ objects }) => objects)
  const names = new Set(claimed.filter(({ kind }) => kind === DISK).map(({ data }) => data['name']))
  const strangers = map.slaves.filter((slave) => !names.has(slave))
  // A disk of ours that is just being found is not written down yet.
  if (strangers.length === 0 || operation.entry.objects.some(({ kind, origin }) => kind === DISK && origin === 'making')) return map
  throw new BrickworkError('ERR_IDENTITY_CONFLICT', `Map ${map.name} has paths that are not of this connection: ${strangers.join(', ')}`, {
    details: { map: map.name, paths: strangers },
  })
}

function foreignMap(map: MultipathMap, disk: string): BrickworkError {
  return new BrickworkError('ERR_IDENTITY_CONFLICT', `/dev/${disk} is a path of map ${map.name} (${map.uuid}), which is another volume`, {
    details: { map: map.name, uuid: map.uuid },
  })
}
