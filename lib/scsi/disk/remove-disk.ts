import type { ReleaseOptions } from '../../operation/connector.js'
import type { HostObject } from '../../operation/entry.js'
import { type Guarded, openExclusively, requireUnused } from '../../operation/device-users.js'
import { heldError } from '../../operation/held-error.js'
import type { Operation } from '../../operation/operation.js'
import { BrickworkError, isBrickworkError } from '../../core/errors.js'
import { Window } from '../../core/deadline.js'
import { type BlockDevice, readBlockDevice } from '../../linux/block/device.js'
import { multipathdRuns } from '../../linux/multipath/daemon.js'
import { mapOver } from '../../linux/multipath/map.js'
import { deleteDisk } from '../../linux/scsi/tell-disk.js'
import { isHalfThere, type ScsiDisk } from '../../linux/scsi/disk.js'
import { whenSeen } from '../../linux/wait.js'
import { awaitScan, isInterrupted, nexusStays } from './interrupted-scan.js'
import { removePath } from '../../multipath/remove-path.js'
import type { Transport } from '../transport.js'
import { lunLock, lunOf, nexusKeyOf } from './objects.js'
import { maybe } from '../../operation/object-data.js'
import { verifySameVolume } from './lun-remap.js'
import type { ReleaseReport } from '../../operation/release-report.js'
import { diskOf, isSameDisk } from './disk-of.js'
import { nodeOf, requireUnitUnused } from './unit-users.js'

export async function releaseDisk(
  operation: Operation,
  transport: Transport,
  object: HostObject,
  report: ReleaseReport,
  options: ReleaseOptions,
): Promise<void> {
  const nexus = nexusKeyOf(object)
  const lun = lunOf(object)
  const outcome = await operation.locked(lunLock(nexus, lun), async () => {
    let disk = await wholeDiskOf(operation, transport, object)
    if (disk === undefined && isInterrupted(object)) {
      if (options.nexusStayed !== true && !(await nexusStays(operation, nexus))) return // recorded until the nexus and its disks are gone
      await awaitScan(operation, transport, object)
      disk = await wholeDiskOf(operation, transport, object)
    }
    const what = `disk ${disk?.block?.name ?? maybe(object.data, 'name') ?? ''} (LUN ${lun} of ${nexus})`
    const reason = disk === undefined ? undefined : await reasonToKeep(operation, transport, object, disk)
    if (reason === undefined && disk !== undefined) operation.claim.requireClear(object.key)
    if (reason === undefined && disk !== undefined) operation.claim.requireOurs(object)
    if (reason !== undefined) report.keep(what, reason)
    else if (disk !== undefined && (await removeDisk(operation, transport, object, disk, report, options)) === 'changed') return 'changed'
    if (reason === undefined) report.check(`${what} is gone from the kernel`)
    await operation.claim.disown(object.key)
    return
  })
  // Another disk has taken its place just before the removal: start again with that one.
  if (outcome === 'changed') await releaseDisk(operation, transport, object, report, options)
}

/**
 * Waits while the kernel is removing or creating the disk. Sysfs does not show what such a disk is, and its nexus stays in use until a
 * removal ends.
 */
async function wholeDiskOf(operation: Operation, transport: Transport, object: HostObject): Promise<ScsiDisk | undefined> {
  const disk = await diskOf(operation, transport, object)
  if (disk === undefined || !isHalfThere(disk)) return disk
  const { host, signal } = operation
  using watch = await host.events.watch([disk.hctl])
  const gone = await operation.progress.step('delete', () =>
    whenSeen(watch, signal, async () => {
      const now = await diskOf(operation, transport, object)
      return now !== undefined && isHalfThere(now) ? undefined : { now }
    }),
  )
  return gone.now
}

async function reasonToKeep(operation: Operation, transport: Transport, object: HostObject, disk: ScsiDisk): Promise<string | undefined> {
  const isMeant = (each: HostObject, now: ScsiDisk) => isSameDisk(transport, each, now) || isRescanned(each, now)
  // An attachment that recorded a former disk at this LUN does not use this disk, and won't remove it.
  if ((await operation.claim.others(object.key)).some((other) => isMeant(other, disk))) return 'another attachment uses it'
  if (object.origin === 'found') return 'it existed before the attach'
  return isMeant(object, disk) ? undefined : 'another device has taken its place'
}
/**
 * Whether the kernel's device is the recorded one, although it shows another volume: another program had the kernel read its identity
 * again.
 */
function isRescanned(object: HostObject, disk: ScsiDisk): boolean {
  return maybe(object.data, 'diskseq') !== undefined && maybe(object.data, 'diskseq') === disk.block?.diskseq
}

/**
 * Removes the disk from its map and from the kernel. Returns `changed` when another disk is there by now. The caller holds the lock of the
 * LUN.
 */
export async function removeDisk(
  operation: Operation,
  transport: Transport,
  object: HostObject,
  disk: ScsiDisk,
  report: ReleaseReport,
  options: ReleaseOptions,
): Promise<'removed' | 'changed'> {
  const { host, signal } = operation
  using watch = await host.events.watch([disk.hctl])
  const block = disk.block === undefined ? undefined : await readBlockDevice(host, disk.block.name, signal)
  if (block === undefined) await takeUnit(operation, disk, report)
  const guarded =
    block === undefined || options.underStuckMap === true ? undefined : await outOfMaps(operation, block, report, !options.flush)
  try {
    const going = async () => isGoing(await diskOf(operation, transport, object))
    if (block !== undefined && guarded?.hold !== undefined && options.flush) {
      const finding = await operation.progress.step('verify', () => verifySameVolume(operation, transport, object, disk))
      if (finding instanceof BrickworkError) report.override('verify', `/dev/${block.name}`, finding)
      else await operation.progress.step('flush', () => flush(operation, block, report, going))
    }
    await options.leaving()
    return await operation.progress.step('delete', async () => {
      const { kernelWwid, directory } = disk
      const handle = { directory, name: disk.block?.name ?? '', kernelWwid, diskseq: disk.block?.diskseq }
      const { outcome } = await operation.inTurn('scsi-host', hostOf(disk), () => deleteDisk(host, handle, signal))
      if (outcome === 'changed') return 'changed'
      await whenSeen(watch, signal, async () => (hasGone(disk, await diskOf(operation, transport, object)) ? true : undefined))
      return 'removed'
    })
  } finally {
    await guarded?.hold?.release()
  }
}

/** Whether its LUN is empty or has another disk. */
function hasGone(disk: ScsiDisk, now: ScsiDisk | undefined): boolean {
  if (now === undefined) return true
  return disk.block !== undefined && now.block !== undefined && disk.block.diskseq !== now.block.diskseq
}

/** Number of its SCSI host. */
const hostOf = ({ hctl }: ScsiDisk) => hctl.split(':')[0] ?? ''

/** Removes the disk from every map. Repeats that for a map that multipathd, starting again, has created over the disk since. */
async function outOfMaps(operation: Operation, block: BlockDevice, report: ReleaseReport, neverUsed: boolean): Promise<Guarded> {
  const { host, signal } = operation
  for (;;) {
    await requireUnusedPath(operation, block)
    await removePath(operation, block.name)
    const isMapped = async () => (await mapOver(host, block.name, signal)) !== undefined
    try {
      return await operation.progress.step('check-users', () => take(operation, block, report, neverUsed))
    } catch (error) {
      // After an abort there is no time for another try.
      if (!isBrickworkError(error, 'ERR_HELD') || signal.aborted || !(await multipathdRuns(host)) || !(await isMapped())) throw error
    }
  }
}

/** A path may leave its map only if no other user than the map has it open. @throws `ERR_HELD` */
async function requireUnusedPath(operation: Operation, { name }: BlockDevice): Promise<void> {
  const { host, signal } = operation
  const map = await mapOver(host, name, signal)
  const path = map === undefined ? undefined : await readBlockDevice(host, name, signal)
  if (path === undefined) return
  await requireUnused(operation, [{ ...path, holders: path.holders.filter((holder) => holder !== map?.block.name) }], operation)
}

async function take(operation: Operation, block: BlockDevice, report: ReleaseReport, neverUsed: boolean) {
  const guarded = await openExclusively(operation, block, neverUsed)
  if (guarded.overridden.length > 0) {
    report.override('check-users', `/dev/${block.name}`, heldError(block, guarded.overridden, []))
    operation.progress.note('removing a device in use (force)', { device: block.name, holders: guarded.overridden })
  }
  return guarded
}

/** A LUN without a block device can't be opened exclusively. Checks the users of its character nodes instead. @throws `ERR_HELD` */
async function takeUnit(operation: Operation, disk: ScsiDisk, report: ReleaseReport): Promise<void> {
  const node = { name: nodeOf(disk) }
  const overridden = await requireUnitUnused(operation, disk, operation)
  if (overridden.length > 0) report.override('check-users', `/dev/${node.name}`, heldError(node, overridden, []))
}

/**
 * Whether the kernel is removing the disk, or has removed it. The helper process of a killed detach may do so: it deletes the disk after
 * its flush.
 */
const isGoing = (disk: ScsiDisk | undefined) => disk === undefined || isHalfThere(disk)

/**
 * Flushes the device, so that written data reaches the volume. If that fails, throws. With `force`, reports the failed flush and returns
 * instead.
 */
async function flush(operation: Operation, block: BlockDevice, report: ReleaseReport, going: () => Promise<boolean>): Promise<void> {
  const { host, signal, force, remainingMs } = operation
  using window = new Window(host.clock, force ? remainingMs / 3 : remainingMs, signal, `flush of /dev/${block.name}`)
  try {
    await host.kernel.flush(`/dev/${block.name}`, window.signal)
  } catch (error) {
    signal.throwIfAborted()
    if (!isBrickworkError(error)) throw error
    if (await going()) return
    if (!force) throw error
    report.override('flush', `/dev/${block.name}`, error)
    operation.progress.note('removing a device that could not be flushed (force)', { device: block.name, error })
  }
}
