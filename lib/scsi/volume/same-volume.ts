/**
 * All paths of a map lead to one volume. It is compared when a path is accepted, again when a map is made or handed out, since what a LUN shows
 * may change between the two.
 */
import { BrickworkError } from '../../core/errors.js'
import { readMembers } from '../../linux/multipath/members.js'
import type { MultipathMap } from '../../linux/multipath/map.js'
import { showSameVolume } from '../../linux/scsi/volume-names.js'
import type { ShownIdentity } from '../../operation/identity.js'
import type { Operation } from '../../operation/operation.js'
import { shownNames } from '../disk/identity.js'
import type { VerifiedPath } from './verified-path.js'

/** @throws `ERR_IDENTITY_CONFLICT`: the path shows another volume than these, or than the first one that was there. */
export function requireSameVolume(path: VerifiedPath, others: readonly VerifiedPath[], volume: ShownIdentity | undefined): void {
  const { names } = path.identity
  const other = others.find(({ identity }) => !showSameVolume(identity.names, names))
  if (other === undefined && (volume === undefined || showSameVolume(volume.names, names))) return
  const here = path.path.label
  const there = other?.path.label ?? 'a path that failed since'
  throw new BrickworkError(
    'ERR_IDENTITY_CONFLICT',
    `Paths show different volumes: ${inWords(path.identity)} at ${here}, ${inWords(other?.identity ?? volume)} at ${there}; name the right one in \`expected\``,
    { details: { paths: [here, there] } },
  )
}

/**
 * That each disk in the map shows the volume by now, whoever put it there.
 * @throws `ERR_IDENTITY_CONFLICT`
 */
export async function requireMapOfOneVolume(operation: Operation, map: MultipathMap, volume: ShownIdentity): Promise<void> {
  const members = await readMembers(operation.host, map.slaves, operation.signal)
  const stray = members.filter((member) => !showSameVolume(shownNames(member), volume.names)).map(({ name }) => name)
  if (stray.length === 0) return
  throw new BrickworkError(
    'ERR_IDENTITY_CONFLICT',
    `Map ${map.name} has paths of another volume than ${inWords(volume)}: ${stray.map((name) => `/dev/${name}`).join(', ')}`,
    { details: { map: map.name, paths: stray } },
  )
}

function inWords(identity: ShownIdentity | undefined): string {
  return identity?.wwid ?? identity?.serial ?? 'no WWID'
}
