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
 * on the host before and is not proven is taken out: I/O must not go where nobody knows what it meets.
 */
async function withoutStrangers(operation: Operation, paths: Paths, map: MultipathMap): Promise<MultipathMap | undefined> {
  const strangers = await strangersOf(operation, paths, map)
  if (strangers.length === 0) return map
  const old = new Set(await paths.oldDisks())
  const unknown = strangers.filter((slave) => !old.has(slave))
  if (unknown.length === 0) {
    for (const slave of strangers) await takeOut(operation, paths, slave)
    return undefined // looked at anew: the change of the map is an event
  }
  // A disk of ours that is just being found is not written down yet.
  if (operation.entry.objects.some(({ kind, origin }) => kind === DISK && origin === 'making')) return map
  throw new BrickworkError('ERR_IDENTITY_CONFLICT', `Map ${map.name} has paths that are not of this connection: ${unknown.join(', ')}`, {
    details: { map: map.name, paths: unknown },
  })
}

/** Neither proven, nor brought in by this attach's own scan, nor of another attachment. */
async function strangersOf({ entry, claims }: Operation, { good }: Paths, map: MultipathMap): Promise<string[]> {
  const others = (await claims.all()).filter(({ owner, id }) => owner !== entry.owner || id !== entry.id)
  const objects = [...entry.objects.filter(({ origin }) => origin !== 'found'), ...others.flatMap((each) => each.objects)]
  const known = new Set([
    ...good.map(({ device }) => device.name),
    ...objects.filter(({ kind }) => kind === DISK).map(({ data }) => String(data['name'])),
  ])
  return map.slaves.filter((slave) => !known.has(slave))
}
async function takeOut(operation: Operation, paths: Paths, disk: string): Promise<void> {
  paths.unproven.add(disk)
  operation.note('a disk that was there before and is not proven is taken out of the map', { disk })
  await leaveMap(operation, disk)
}

function foreignMap(map: MultipathMap, disk: string): BrickworkError {
  return new BrickworkError('ERR_IDENTITY_CONFLICT', `/dev/${disk} is a path of map ${map.name} (${map.uuid}), which is another volume`, {
    details: { map: map.name, uuid: map.uuid },
  })
}
