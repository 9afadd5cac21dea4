/**
 * All paths of a map must lead to one volume. This is checked when a path is accepted, and again when a map is created or handed out: a LUN
 * may show another volume by then.
 */
import { BrickworkError } from '../../core/errors.js'
import type { Expected } from '../../api/attachment.js'
import type { BlockDevice } from '../../linux/block/device.js'
import { type Member, membersAmong, readMembers } from '../../linux/multipath/members.js'
import { mapOfWwid, type MultipathMap, readPaths } from '../../linux/multipath/map.js'
import { showSameVolume } from '../../linux/scsi/volume-names.js'
import type { ShownIdentity } from '../../operation/identity.js'
import type { Operation } from '../../operation/operation.js'
import { shownNames } from '../disk/identity.js'
import type { NamedPath } from '../transport.js'
import type { VerifiedPath } from './verified-path.js'

/** @throws `ERR_IDENTITY_CONFLICT` when the path shows another volume than the other paths, or than the first accepted path. */
export function requireSameVolume(path: VerifiedPath, others: readonly VerifiedPath[], volume: ShownIdentity | undefined): void {
  const { names } = path.identity
  const other = others.find(({ identity }) => !showSameVolume(identity.names, names))
  if (other === undefined && (volume === undefined || showSameVolume(volume.names, names))) return
  const here = path.path.label
  const there = other?.path.label ?? 'a path that has since failed'
  throw new BrickworkError(
    'ERR_IDENTITY_CONFLICT',
    `Paths show different volumes: ${inWords(path.identity)} at ${here}, ${inWords(other?.identity ?? volume)} at ${there}. Set \`expected\` to the right one`,
    { details: { paths: [here, there] } },
  )
}

/**
 * All paths must have the same size, as each device itself reports it: device-mapper would let I/O go beyond the end of a smaller one.
 * @throws `ERR_IDENTITY_MISMATCH`
 */
export function requireSameSize(
  { path, device }: VerifiedPath,
  others: readonly { readonly device: BlockDevice; readonly path: Pick<NamedPath, 'label'> }[],
): void {
  const other = others.find((each) => each.device.sizeBytes !== device.sizeBytes)
  if (other === undefined) return
  const [here, there] = [device.sizeBytes, other.device.sizeBytes]
  throw new BrickworkError(
    'ERR_IDENTITY_MISMATCH',
    `/dev/${device.name} has ${here} bytes at ${path.label}, and /dev/${other.device.name} has ${there} at ${other.path.label}`,
    { details: { device: `/dev/${device.name}`, what: 'size in bytes', expected: there, found: here } },
  )
}

/** Verified paths, how many are still on their way, and what the caller expects of the volume. */
interface AcceptedPaths {
  readonly good: readonly VerifiedPath[]
  readonly open: number
  readonly expected: Expected
}

/**
 * Whether each disk in the map shows the volume now, whichever program added it, and all disks have one size. If the map has another size
 * than its disks, only a note says so. Returns `false` when a path that is still coming up decides the answer.
 * @param known disks as they were read together with the map
 * @throws `ERR_IDENTITY_CONFLICT` when a disk shows another volume or has another size; `ERR_IDENTITY_MISMATCH` when the map does not have
 * the expected size.
 */
export async function isMapOfOneVolume(
  operation: Operation,
  map: MultipathMap,
  volume: ShownIdentity,
  { good, open, expected: { sizeBytes: expected } }: AcceptedPaths,
  known: readonly Member[] = [],
): Promise<boolean> {
  const members = membersAmong(map.slaves, known) ?? (await readMembers(operation.host, map.slaves, operation.signal))
  const stray = members.filter((member) => !showSameVolume(shownNames(member), volume.names))
  const isAccepted = ({ name }: Member) => good.some(({ device }) => device.name === name)
  const accepted = members.find(isAccepted) ?? members[0]
  const unequal = members.filter((member) => member.sizeBytes !== accepted?.sizeBytes)
  if (open > 0 && [...stray, ...unequal].some((member) => !isAccepted(member))) return false
  if (stray.length > 0) throw conflict(map, `has paths of another volume than ${inWords(volume)}`, stray)
  if (unequal.length > 0) throw conflict(map, 'has paths of different sizes', members)
  const { sizeBytes } = map.block
  if (expected !== undefined && sizeBytes !== expected)
    throw new BrickworkError(
      'ERR_IDENTITY_MISMATCH',
      `Map ${map.name} has ${sizeBytes} bytes, expected ${expected}: it was created before the volume grew (multipathd resize map ${map.name})`,
      { details: { device: `/dev/${map.block.name}`, what: 'size in bytes', expected, found: sizeBytes } },
    )
  if (accepted !== undefined && accepted.sizeBytes !== sizeBytes)
    operation.progress.note('the size of the map differs from its paths: resize the attachment', {
      map: map.name,
      sizeBytes,
      pathBytes: accepted.sizeBytes,
    })
  return true
}
function conflict({ name }: MultipathMap, what: string, paths: readonly Member[]): BrickworkError {
  const named = paths.map((path) => `/dev/${path.name} (${path.sizeBytes} bytes)`).join(', ')
  return new BrickworkError('ERR_IDENTITY_CONFLICT', `Map ${name} ${what}: ${named}`, {
    details: { map: name, paths: paths.map((path) => path.name) },
  })
}

/**
 * A single disk must not be handed out while a map has other paths of the volume, because data written through one is not seen through the
 * other. The policy `multipath: 'never'` allows it: a note says so.
 * @param disks further disks of the connection that the host has
 * @throws `ERR_CONFLICT`
 */
export async function requireNoMapBeside(
  operation: Operation,
  device: BlockDevice,
  volume: ShownIdentity,
  disks: readonly string[],
): Promise<void> {
  const { host, signal } = operation
  const members = await readMembers(host, disks, signal)
  const alike = members.filter((member) => showSameVolume(shownNames(member), volume.names)).map(({ name }) => name)
  const { first } = await readPaths(host, [device.name, ...alike], signal)
  const map = first?.map ?? (volume.wwid === undefined ? undefined : await mapOfWwid(host, volume.wwid, signal))
  if (map === undefined) return
  if (operation.policy.multipath === 'never') {
    operation.progress.note('a map has other paths of the volume: data written through one is not visible through the other', {
      device: device.name,
      map: map.name,
      paths: map.slaves,
    })
    return
  }
  throw new BrickworkError(
    'ERR_CONFLICT',
    `/dev/${device.name} cannot be used alone: map ${map.name} (/dev/${map.block.name}) of the same volume has paths ${map.slaves.join(', ')}`,
    { details: { device: `/dev/${device.name}`, map: map.name, paths: map.slaves } },
  )
}

function inWords(identity: ShownIdentity | undefined): string {
  return identity?.wwid ?? identity?.serial ?? 'no WWID'
}
