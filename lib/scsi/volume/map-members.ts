/** Finds the map that has formed over the disks of this attach, and checks that all its paths may be in it. */
import type { Entry, HostObject } from '../../operation/entry.js'
import { requireNotBuiltOn } from '../../operation/not-built-on.js'
import type { Operation } from '../../operation/operation.js'
import { BrickworkError, isBrickworkError } from '../../core/errors.js'
import { readPaths, mapUuid, type MultipathMap, type PathStates } from '../../linux/multipath/map.js'
import { takesIo } from '../../linux/scsi/access-state.js'
import { takeOut } from '../../multipath/excluded-path.js'
import { readBlockDevices } from '../../linux/block/device.js'
import { showSameVolume } from '../../linux/scsi/volume-names.js'
import { verifyIdentity } from '../../operation/identity.js'
import { scsiIdentity } from '../disk/identity.js'
import { DISK } from '../disk/objects.js'
import { claimsOfOthers, onOtherVolumes } from '../disk/wwid-conflict.js'
import type { Transport } from '../transport.js'
import { isForeignMap } from './map-origin.js'
import type { Paths } from './paths.js'
import type { VerifiedPath } from './verified-path.js'

/** The verified paths that are in the map. */
export function membersOf(paths: Paths, map: MultipathMap): readonly VerifiedPath[] {
  return paths.good.filter(({ device }) => map.slaves.includes(device.name))
}

/** The verified paths that are in the map and take reads and writes now. */
export function activeMembers(paths: Paths, map: MultipathMap): readonly VerifiedPath[] {
  return membersOf(paths, map).filter(({ device }) => takesIo(paths.accessStates.get(device.name)))
}

export interface MapSeen extends Pick<PathStates, 'states' | 'members'> {
  readonly map: MultipathMap | undefined
  /** Why the map of another program can't be handed out: a path of it is not verified. */
  readonly unverified?: BrickworkError
}
/**
 * `asked`: as for `readPaths`.
 * @throws `ERR_IDENTITY_CONFLICT` when it is the map of another volume, or has paths of another program; `ERR_HELD` when something else is
 * built on a path.
 */
export async function mapOverPaths(
  operation: Operation,
  transport: Transport,
  paths: Paths,
  asked: Parameters<typeof readPaths>[3],
): Promise<MapSeen> {
  const { host, signal } = operation
  const names = paths.good.map(({ device }) => device.name)
  const { states, accessStates, members, first, built, maps } = await readPaths(host, names, signal, asked)
  // device-mapper would let a map share a disk with a logical volume.
  for (const name of built) await requireNotBuiltOn(operation, name, { maps })
  paths.accessStates = accessStates
  try {
    return { states, members, map: first === undefined ? undefined : await checked(operation, transport, paths, first) }
  } catch (error) {
    if (!isBrickworkError(error, 'ERR_IDENTITY_UNKNOWN')) throw error
    return { states, members, map: undefined, unverified: error }
  }
}

async function checked(
  operation: Operation,
  transport: Transport,
  paths: Paths,
  { disk, map }: NonNullable<PathStates['first']>,
): Promise<MultipathMap | undefined> {
  const wwid = paths.volume?.wwid
  if (wwid !== undefined && map.uuid === mapUuid(wwid)) return await withoutStrangers(operation, transport, paths, map)
  return (await hasOnlyOurs(operation, transport, paths, map, disk)) ? map : undefined
}

/**
 * Whether the map is of this volume although its uuid names the volume differently, as `uid_attribute` and `getuid_callout` of
 * multipath.conf(5) allow. Its paths decide: all of them must be verified. Returns `false` when one of them is still to be verified.
 * @throws `ERR_IDENTITY_CONFLICT` when another path is in it.
 */
async function hasOnlyOurs(operation: Operation, transport: Transport, paths: Paths, map: MultipathMap, disk: string): Promise<boolean> {
  const rest = await unclaimed(
    operation,
    transport,
    map,
    paths.good.map(({ device }) => device.name),
  )
  const { objects } = operation.claim.entry
  const mine = [...paths.verifying, ...disksOf(objects.filter(({ origin }) => origin !== 'found'))]
  const isRising = objects.some(({ kind, origin }) => kind === DISK && origin === 'intended')
  if (!isRising && rest.some((slave) => !mine.includes(slave))) throw foreignMap(map, disk)
  return rest.length === 0
}

/**
 * Every path of the map must belong to this connection, or to another attachment of the same volume. A disk of this connection that was on
 * the host before and is not verified is removed from the map, because I/O must not go to an unknown volume. From a map of another program
 * no path is removed. That map may be handed out once the disk is verified.
 * @throws `ERR_IDENTITY_UNKNOWN` when the map of another program has an unverified path; `ERR_IDENTITY_CONFLICT` when a map has any other
 * path.
 */
async function withoutStrangers(
  operation: Operation,
  transport: Transport,
  paths: Paths,
  map: MultipathMap,
): Promise<MultipathMap | undefined> {
  const all = await strangersOf(operation, transport, paths, map)
  const strangers = transport.adopts === true ? await withoutFurther(operation, paths, all) : all
  if (strangers.length === 0) return map
  const old = new Set(await paths.oldDisks())
  const unknown = strangers.filter((slave) => !old.has(slave))
  if (unknown.length === 0) {
    if (await isForeignMap(operation, map, transport.adopts === true)) throw unverifiedPaths(map, strangers)
    operation.claim.requireClear(`map ${map.uuid}`) // a claim that can't be read may need them in the map
    for (const slave of strangers) await exclude(operation, slave)
    return undefined // the change of the map is an event, after which the map is read again
  }
  // A disk that a scan is just finding is not recorded yet.
  if (operation.claim.entry.objects.some(({ kind, origin }) => kind === DISK && origin === 'intended')) return map
  throw await strangersIn(operation, map, unknown)
}
/**
 * Without the disks that show the volume themselves: the kernel finds them also at ports that the connection does not name. A disk of the
 * connection is verified by its own path.
 */
async function withoutFurther(operation: Operation, paths: Paths, strangers: readonly string[]): Promise<string[]> {
  const { volume } = paths
  const old = strangers.length === 0 ? [] : await paths.oldDisks()
  const rest: string[] = []
  for (const device of await readBlockDevices(operation.host, strangers, operation.signal)) {
    const shown = old.includes(device.name) ? undefined : await verifyIdentity(operation, scsiIdentity(device), false, {})
    const isFurther = shown !== undefined && volume !== undefined && showSameVolume(shown.names, volume.names)
    if (isFurther) operation.progress.mention('the map has a further path of the volume', { disk: device.name })
    else rest.push(device.name)
  }
  return rest
}
/** The error for paths that must not be in the map. It names the attachments that they belong to, if there are any. */
export async function strangersIn(operation: Operation, map: MultipathMap, strangers: readonly string[]): Promise<BrickworkError> {
  const has = ({ objects }: Entry) => objects.some(({ kind, data }) => kind === DISK && strangers.includes(String(data['name'])))
  const attachments = (await claimsOfOthers(operation)).filter(has).map(({ owner, id }) => ({ owner, id }))
  const whose = attachments.length === 0 ? '' : ` (of ${attachments.map(({ id }) => JSON.stringify(id)).join(', ')}, on another volume)`
  return new BrickworkError(
    'ERR_IDENTITY_CONFLICT',
    `Map ${map.name} has paths that do not belong to this connection: ${strangers.join(', ')}${whose}`,
    { details: { map: map.name, paths: strangers, attachments } },
  )
}

/** Paths of the map that are neither verified, nor created or adopted by this attachment, nor of another attachment of the same volume. */
async function strangersOf(operation: Operation, transport: Transport, { good }: Paths, map: MultipathMap): Promise<string[]> {
  const { objects } = operation.claim.entry
  const mine = [...good.map(({ device }) => device.name), ...disksOf(objects.filter(({ origin }) => origin !== 'found'))]
  return await unclaimed(operation, transport, map, mine)
}
/** Paths of the map that are neither in `mine` nor of another attachment of the same volume. */
export async function unclaimed(operation: Operation, transport: Transport, map: MultipathMap, mine: readonly string[]): Promise<string[]> {
  const rest = map.slaves.filter((slave) => !mine.includes(slave))
  if (rest.length === 0) return []
  const others = await claimsOfOthers(operation)
  const elsewhere = onOtherVolumes(transport, operation.claim.entry.connection, others)
  const known = new Set(others.filter((each) => !elsewhere.includes(each)).flatMap(({ objects }) => disksOf(objects)))
  return rest.filter((slave) => !known.has(slave))
}
/** Names of the disks among the objects. */
export function disksOf(objects: readonly HostObject[]): string[] {
  return objects.filter(({ kind }) => kind === DISK).map(({ data }) => String(data['name']))
}
async function exclude(operation: Operation, disk: string): Promise<void> {
  operation.progress.note('removing an existing, unverified disk from the map', { disk })
  await takeOut(operation, disk)
}
function unverifiedPaths(map: MultipathMap, paths: readonly string[]): BrickworkError {
  const names = paths.map((name) => `/dev/${name}`).join(', ')
  return new BrickworkError(
    'ERR_IDENTITY_UNKNOWN',
    `${names} in map ${map.name} could not be verified to be the volume. Another program created the map, so Brickwork removes no path from it`,
    { details: { map: map.name, paths } },
  )
}

function foreignMap(map: MultipathMap, disk: string): BrickworkError {
  return new BrickworkError('ERR_IDENTITY_CONFLICT', `/dev/${disk} is a path of map ${map.name} (${map.uuid}), which is another volume`, {
    details: { map: map.name, uuid: map.uuid },
  })
}
