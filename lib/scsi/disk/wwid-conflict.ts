/**
 * Two volumes that show one WWID, such as a clone and its original, can't be distinguished by their identity. Their places distinguish
 * them: one LUN of one target is one volume over every path, and a connection that names several places says that all are one volume.
 */
import type { Entry, HostObject } from '../../operation/entry.js'
import type { Operation } from '../../operation/operation.js'
import { BrickworkError, isBrickworkError } from '../../core/errors.js'
import { mapOver } from '../../linux/multipath/map.js'
import type { ScsiDisk } from '../../linux/scsi/disk.js'
import type { NamedPath, Nexus, Transport } from '../transport.js'
import type { ScannedDisk } from './scan-lun.js'
import { failPath, removePath } from '../../multipath/remove-path.js'
import { DISK, diskObject, lunLock } from './objects.js'
import { maybe } from '../../operation/object-data.js'
import { isForeignMap } from '../volume/map-origin.js'
import { removeDisk } from './remove-disk.js'
import { diskOf, isSameDisk } from './disk-of.js'
import { ReleaseReport } from '../../operation/release-report.js'

/** Time for the immediate removal. If a process still probes the disk by then, the rollback removes the disk. */
const AT_ONCE_MS = 2000

/** A LUN of a target, in words. */
export const volumeAt = ({ target, lun }: Pick<NamedPath, 'target' | 'lun'>) => `LUN ${lun} of ${target}`

/** The places that a connection names for its volume. */
export function volumesNamed(transport: Transport, connection: Entry['connection']): string[] {
  return transport.named(connection).map(volumeAt)
}

/**
 * The claims on other volumes. A claim is on the same volume if it has a place in common with this connection, or with another claim on the
 * same volume.
 */
export function onOtherVolumes(transport: Transport, connection: Entry['connection'], claims: readonly Entry[]): Entry[] {
  const places = new Set(volumesNamed(transport, connection))
  let others = claims.map((claim) => ({ claim, at: volumesNamed(transport, claim.connection) })).filter(({ at }) => at.length > 0)
  for (;;) {
    const linked = others.filter(({ at }) => at.some((place) => places.has(place)))
    if (linked.length === 0) return others.map(({ claim }) => claim)
    for (const place of linked.flatMap(({ at }) => at)) places.add(place)
    others = others.filter((each) => !linked.includes(each))
  }
}

export async function claimsOfOthers(operation: Operation): Promise<Entry[]> {
  return (await operation.claims.all()).filter((each) => !isOf(operation, each))
}
function isOf({ claim: { entry } }: Operation, { owner, id }: Entry): boolean {
  return owner === entry.owner && id === entry.id
}

/**
 * Requires that no other attachment has another volume with the WWID of this disk. multipathd would create one map of the two, so this disk
 * is removed at once.
 * @throws `ERR_IDENTITY_CONFLICT`
 */
export async function requireNoWwidConflict(operation: Operation, transport: Transport, scanned: ScannedDisk): Promise<void> {
  const { kernelWwid } = scanned.disk
  // An attach storm has many claims, and almost never one with this WWID.
  if (kernelWwid === undefined || (await operation.claim.readAbout(kernelWwid)).every((each) => isOf(operation, each))) return
  for (const claim of onOtherVolumes(transport, operation.claim.entry.connection, await claimsOfOthers(operation))) {
    const there = await disksShowing(operation, transport, claim, scanned.disk)
    if (there.length === 0) continue
    await operation.within(AT_ONCE_MS, (part) => removeConflicting(part, transport, scanned))
    throw conflict(transport, scanned, claim, there)
  }
}

function shows({ kind, data }: HostObject, { kernelWwid }: ScsiDisk): boolean {
  return kind === DISK && kernelWwid !== undefined && data['kernelWwid'] === kernelWwid
}

/** The disks of the claim that are still there and show the same WWID. */
async function disksShowing(operation: Operation, transport: Transport, { objects }: Entry, wanted: ScsiDisk): Promise<HostObject[]> {
  const there: HostObject[] = []
  for (const object of objects.filter((each) => shows(each, wanted))) {
    const disk = await diskOf(operation, transport, object)
    if (disk !== undefined && isSameDisk(transport, object, disk)) there.push(object)
  }
  return there
}

/**
 * Removes a disk that this attach's scan created from the kernel. A disk that was there before only leaves its map. The rollback does what
 * fails here.
 */
async function removeConflicting(operation: Operation, transport: Transport, { nexus, disk, fresh }: ScannedDisk): Promise<void> {
  const { key } = diskObject(nexus.key, disk.lun, disk, 'found')
  if (disk.block === undefined || (await operation.claim.mayBeShared(key))) return
  try {
    const map = await mapOver(operation.host, disk.block.name, operation.signal)
    const isForeign = map !== undefined && (await isForeignMap(operation, map, transport.adopts === true))
    if (isForeign && !fresh) return
    if (!isForeign) await failPath(operation, disk.block)
    if (!fresh) await removePath(operation, disk.block.name)
    else await operation.locked(lunLock(nexus.key, disk.lun), () => removeFresh(operation, transport, nexus, disk))
  } catch (error) {
    operation.signal.throwIfAborted()
    if (!isBrickworkError(error)) throw error
    operation.progress.note('could not immediately remove a disk whose WWID another volume also shows', {
      disk: disk.block.name,
      error,
    })
  }
}
async function removeFresh(operation: Operation, transport: Transport, nexus: Nexus, disk: ScsiDisk): Promise<void> {
  const object = diskObject(nexus.key, disk.lun, disk, 'created')
  await removeDisk(operation, transport, object, disk, new ReleaseReport(), { leaving: () => Promise.resolve(), flush: false })
  await operation.claim.disown(object.key)
}

function conflict(
  transport: Transport,
  { nexus, disk }: ScannedDisk,
  { owner, id, connection }: Entry,
  there: readonly HostObject[],
): BrickworkError {
  const device = `/dev/${disk.block?.name ?? disk.hctl}`
  const devices = there.flatMap(({ data }) => maybe(data, 'name') ?? []).map((name) => `/dev/${name}`)
  const here = volumeAt({ target: nexus.target, lun: disk.lun })
  const wwid = disk.wwid ?? disk.kernelWwid ?? ''
  return new BrickworkError(
    'ERR_IDENTITY_CONFLICT',
    `${device} (${here} at ${nexus.label}) shows ${wwid}, and so does ${devices.join(', ')} of attachment ${JSON.stringify(id)}, which is ${volumesNamed(transport, connection).join(', ')}: two volumes have the same WWID. Detach that attachment first. If both are the same volume, name all its targets in one connection`,
    { details: { device, wwid, attachment: { owner, id }, devices } },
  )
}
