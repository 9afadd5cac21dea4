/** A LUN that the array gave to another volume while the kernel still has a disk of the former volume there. */
import { openExclusively } from '../../operation/device-users.js'
import type { Operation } from '../../operation/operation.js'
import { isBrickworkError } from '../../core/errors.js'
import { readBlockDevice } from '../../linux/block/device.js'
import { mapOver } from '../../linux/multipath/map.js'
import type { Transport } from '../transport.js'
import { type ScannedDisk, scanLun } from './scan-lun.js'
import { requireRemovable } from '../../multipath/remove-path.js'
import { isForeignMap } from '../volume/map-origin.js'
import { diskObject, lunLock } from './objects.js'
import { removeDisk } from './remove-disk.js'
import { diskAt } from './disk-of.js'
import { absentHere, waitForLun } from './wait-for-lun.js'
import { ReleaseReport } from '../../operation/release-report.js'

/**
 * Removes the former disk and returns the disk that is now at the LUN. Returns `undefined` when another program or attachment uses the
 * former disk: it stays.
 */
export async function replaceStale(
  operation: Operation,
  transport: Transport,
  { path, nexus, disk }: ScannedDisk,
): Promise<ScannedDisk | undefined> {
  const { key } = diskObject(nexus.key, disk.lun, disk, 'found')
  const name = disk.block?.name ?? disk.hctl
  const map = await mapOver(operation.host, name, operation.signal)
  if (map !== undefined && (await isForeignMap(operation, map, transport.adopts === true))) {
    const where = { disk: name, map: map.name }
    operation.progress.note('a disk whose LUN was given to another volume is in a map of another program: not removed', where)
    return undefined
  }
  const removed = await operation.locked(lunLock(nexus.key, disk.lun), async () => {
    const now = await diskAt(operation, transport, nexus.key, disk.lun)
    if (now?.block?.diskseq !== disk.block?.diskseq || (await operation.claim.mayBeShared(key))) return false
    try {
      await requireUnused(operation, name)
      const object = diskObject(nexus.key, disk.lun, now, 'found')
      if (now !== undefined)
        await removeDisk(operation, transport, object, now, new ReleaseReport(), { leaving: () => Promise.resolve(), flush: false })
      return true
    } catch (error) {
      if (!isBrickworkError(error, 'ERR_HELD')) throw error
      operation.progress.note('a disk whose LUN was given to another volume is in use: not removed', { disk: name, error })
      return false
    }
  })
  if (!removed) return undefined
  await operation.claim.disown(key)
  operation.progress.mention('a disk whose LUN was given to another volume was removed', { disk: name, wwid: disk.wwid })
  return (await scanLun(operation, transport, nexus, path)) ?? (await waitForLun(operation, transport, [{ nexus, path }], absentHere))
}

/** @throws `ERR_HELD` */
async function requireUnused(operation: Operation, name: string): Promise<void> {
  const { host, signal } = operation
  const map = await mapOver(host, name, signal)
  if (map !== undefined) {
    await requireRemovable(operation, map)
    return
  }
  const device = await readBlockDevice(host, name, signal)
  const guarded = device === undefined ? undefined : await openExclusively(operation, device)
  await guarded?.hold?.release()
}
