/** Whether a map belongs to the attachments of this library or to another program. */
import { mapObject } from '../../multipath/objects.js'
import { excludePath } from '../../multipath/excluded-path.js'
import { mapOver, type MultipathMap } from '../../linux/multipath/map.js'
import { usersOf } from '../../operation/device-users.js'
import type { Entry, HostObject } from '../../operation/entry.js'
import type { KnownOrigin } from '../../operation/entry-writer.js'
import { maybe } from '../../operation/object-data.js'
import type { Operation } from '../../operation/operation.js'
import { DISK } from '../disk/objects.js'
import { type PathDevice, readPathDevices } from '../../linux/multipath/path-devices.js'

/**
 * `created`: a claim requested or created the map, or it appeared after the first disk that a claim created, and claims created or adopted all its
 * paths. `adopted`: it was there before, nobody uses it, and claims created or adopted all its paths. `found`: every other map. No command is
 * ever sent to a found map.
 */
export async function originOfMap(operation: Operation, map: MultipathMap): Promise<KnownOrigin> {
  const recorded = await recordedOrigin(operation, map)
  if (recorded !== undefined) return recorded
  const paths = await readPathDevices(operation.host, map.slaves, operation.signal)
  const disks = await disksOfClaims(operation, map, paths)
  if (paths.length < map.slaves.length || !paths.every(({ name }) => disks.has(name))) return 'found'
  if (appearedAfter(map, [...disks.values()])) return 'created'
  return (await usersOf(operation, map.block)) === undefined ? 'adopted' : 'found'
}

/**
 * Whether another program had the map before, so that no path of it may be removed. `adopts`: the kernel finds disks by itself, and a map
 * over them that nobody uses belongs to no program.
 */
export async function isForeignMap(operation: Operation, map: MultipathMap, adopts: boolean): Promise<boolean> {
  const recorded = await recordedOrigin(operation, map)
  if (recorded !== undefined) return recorded === 'found'
  const paths = await readPathDevices(operation.host, map.slaves, operation.signal)
  if (appearedAfter(map, [...(await disksOfClaims(operation, map, paths)).values()])) return false
  return !adopts || (await usersOf(operation, map.block)) !== undefined
}

/** Has multipathd forget the disk, unless the disk is in a map of another program. Returns whether multipathd was asked. */
export async function excludeUnlessForeign(operation: Operation, disk: string, adopts: boolean): Promise<boolean> {
  const map = await mapOver(operation.host, disk, operation.signal)
  if (map !== undefined && (await isForeignMap(operation, map, adopts))) return false
  await excludePath(operation, disk)
  return true
}

/** The origin that the operation's own claim records, else the origin that the claims of other attachments record. */
async function recordedOrigin({ claim, claims }: Operation, map: MultipathMap): Promise<KnownOrigin | undefined> {
  const { key } = mapObject(map, 'found')
  const own = claim.entry.objects.find((object) => object.key === key)?.origin
  if (own !== undefined) return own === 'intended' ? 'created' : own
  const others = (await claims.about(key)).filter((entry) => !isOwn(claim.entry, entry))
  const origins = others.flatMap(({ objects }) => objects.filter((object) => object.key === key).map(({ origin }) => origin))
  if (origins.length === 0) return undefined
  if (origins.includes('found')) return 'found'
  return origins.includes('adopted') ? 'adopted' : 'created'
}

/** By name, the recorded disk of each path that some claim created or adopted. */
async function disksOfClaims(
  { claim, claims }: Operation,
  map: MultipathMap,
  paths: readonly PathDevice[],
): Promise<Map<string, HostObject>> {
  const own = claim.entry.objects.filter(({ kind, data }) => kind === DISK && map.slaves.includes(String(data['name'])))
  const wwids = new Set(own.flatMap(({ common = [] }) => common))
  const others = (await claims.aboutAny([...wwids])).filter((entry) => !isOwn(claim.entry, entry))
  const disks = new Map<string, HostObject>()
  for (const object of [...own, ...others.flatMap(({ objects }) => objects)]) {
    const path = paths.find(({ name }) => object.kind === DISK && name === object.data['name'])
    if (path !== undefined && object.origin !== 'found' && isSame(object, path)) disks.set(path.name, object)
  }
  return disks
}

/** Kernels before 5.15 have no diskseq. There, paths that claims created are the only evidence. */
function appearedAfter({ block }: MultipathMap, disks: readonly HostObject[]): boolean {
  const created = disks.filter(({ origin }) => origin !== 'adopted')
  if (created.length === 0) return false
  const first = Math.min(...created.map(({ data }) => Number(maybe(data, 'diskseq') ?? Number.NaN)))
  return block.diskseq === undefined || Number.isNaN(first) || Number(block.diskseq) > first
}

const isSame = ({ data }: HostObject, { diskseq }: PathDevice) => maybe(data, 'diskseq') === undefined || maybe(data, 'diskseq') === diskseq
const isOwn = (own: Entry, { owner, id }: Entry) => owner === own.owner && id === own.id
