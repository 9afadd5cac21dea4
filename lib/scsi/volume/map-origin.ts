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
import { membersAmong } from '../../linux/multipath/members.js'
import { type PathDevice, readPathDevices } from '../../linux/multipath/path-devices.js'

/**
 * `created`: a claim requested or created the map, or it appeared after the first disk that a claim created, and claims created or adopted all its
 * paths. `adopted`: it was there before, nobody uses it, and claims created or adopted all its paths. `found`: every other map. No command is
 * ever sent to a found map.
 * @param known paths as they were read together with the map
 */
export async function originOfMap(operation: Operation, map: MultipathMap, known: readonly PathDevice[] = []): Promise<KnownOrigin> {
  const { recorded, others } = await claimedOrigin(operation, map)
  if (recorded !== undefined) return recorded
  const paths = membersAmong(map.slaves, known) ?? (await readPathDevices(operation.host, map.slaves, operation.signal))
  const disks = disksOfClaims(operation, map, others, paths)
  if (paths.length < map.slaves.length || !paths.every(({ name }) => disks.has(name))) return 'found'
  if (appearedAfter(map, [...disks.values()])) return 'created'
  return (await usersOf(operation, map.block)) === undefined ? 'adopted' : 'found'
}

/**
 * Whether another program had the map before, so that no path of it may be removed. `adopts`: the kernel finds disks by itself, and a map
 * over them that nobody uses belongs to no program.
 */
export async function isForeignMap(operation: Operation, map: MultipathMap, adopts: boolean): Promise<boolean> {
  const { recorded, others } = await claimedOrigin(operation, map)
  if (recorded !== undefined) return recorded === 'found'
  const paths = await readPathDevices(operation.host, map.slaves, operation.signal)
  if (appearedAfter(map, [...disksOfClaims(operation, map, others, paths).values()])) return false
  return !adopts || (await usersOf(operation, map.block)) !== undefined
}

/** Has multipathd forget the disk, unless the disk is in a map of another program. Returns whether multipathd was asked. */
export async function excludeUnlessForeign(operation: Operation, disk: string, adopts: boolean): Promise<boolean> {
  const map = await mapOver(operation.host, disk, operation.signal)
  if (map !== undefined && (await isForeignMap(operation, map, adopts))) return false
  await excludePath(operation, disk)
  return true
}

interface ClaimedOrigin {
  /** The origin that the operation's own claim records, else the origin that the claims of other attachments record. */
  readonly recorded: KnownOrigin | undefined
  /** Claims of other attachments on the map, or on disks with a WWID of its own disks. */
  readonly others: readonly Entry[]
}
/** By one query of the claims. */
async function claimedOrigin({ claim, claims }: Operation, map: MultipathMap): Promise<ClaimedOrigin> {
  const { key } = mapObject(map, 'found')
  const own = claim.entry.objects.find((object) => object.key === key)?.origin
  if (own !== undefined) return { recorded: own === 'intended' ? 'created' : own, others: [] }
  const wwids = ownDisks(claim.entry, map).flatMap(({ common = [] }) => common)
  const others = (await claims.aboutAny([key, ...wwids])).filter((entry) => !isOwn(claim.entry, entry))
  const origins = others.flatMap(({ objects }) => objects.filter((object) => object.key === key).map(({ origin }) => origin))
  if (origins.length === 0) return { recorded: undefined, others }
  if (origins.includes('found')) return { recorded: 'found', others }
  return { recorded: origins.includes('adopted') ? 'adopted' : 'created', others }
}

/** By name, the recorded disk of each path that some claim created or adopted. */
function disksOfClaims(
  { claim }: Operation,
  map: MultipathMap,
  others: readonly Entry[],
  paths: readonly PathDevice[],
): Map<string, HostObject> {
  const disks = new Map<string, HostObject>()
  for (const object of [...ownDisks(claim.entry, map), ...others.flatMap(({ objects }) => objects)]) {
    const path = paths.find(({ name }) => object.kind === DISK && name === object.data['name'])
    if (path !== undefined && object.origin !== 'found' && isSame(object, path)) disks.set(path.name, object)
  }
  return disks
}

function ownDisks({ objects }: Entry, { slaves }: MultipathMap): readonly HostObject[] {
  return objects.filter(({ kind, data }) => kind === DISK && slaves.includes(String(data['name'])))
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
