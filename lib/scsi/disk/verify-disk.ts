import { isStale, type ShownIdentity, verifyIdentity } from '../../operation/identity.js'
import { scsiIdentity } from './identity.js'
import type { Operation } from '../../operation/operation.js'
import { BrickworkError } from '../../core/errors.js'
import { type BlockDevice, readBlockDevice } from '../../linux/block/device.js'
import { blockDeviceOf } from '../../linux/scsi/disk.js'
import type { Expected } from '../../api/attachment.js'
import type { Transport } from '../transport.js'
import type { ScannedDisk } from './scan-lun.js'
import { requireAnswers } from './answers.js'
import { withCurrentSize } from './current-size.js'
import { requireNoWwidConflict } from './wwid-conflict.js'
import { replaceStale } from './stale-disk.js'

/** The disk as a block device, verified to be the requested volume. `path` names the disk in the timeline when there are several. */
export async function verifyDisk(
  operation: Operation,
  transport: Transport,
  scanned: ScannedDisk,
  expected: Expected,
  path?: string,
): Promise<{ readonly device: BlockDevice; readonly identity: ShownIdentity }> {
  const { disk } = scanned
  // A disk of this attach's own scan has just been read, with all of its attributes.
  const device = scanned.fresh ? blockDeviceOf(disk) : await readBlockDevice(operation.host, disk.block?.name ?? '', operation.signal)
  if (device === undefined) throw new BrickworkError('ERR_TARGET_UNREACHABLE', `${disk.hctl} disappeared during the attach`)
  const { vpd83, vpd80, sg } = disk
  const identity = await operation.progress.step(
    'verify',
    async () => {
      // multipathd takes a new disk into a map within milliseconds, so search for a conflict first.
      if (scanned.fresh) await requireNoWwidConflict(operation, transport, scanned)
      const shown = await verifyIdentity(operation, scsiIdentity({ ...device, vpd83, vpd80, sg }), scanned.fresh, expected)
      if (!scanned.fresh) await requireNoWwidConflict(operation, transport, scanned)
      await requireAnswers(operation, transport, scanned, device)
      return shown
    },
    path,
  )
  return { device: scanned.fresh ? device : await withCurrentSize(operation, scanned, device), identity }
}

/**
 * As {@link verifyDisk}, but replaces a stale disk: one that was there before, and whose LUN the array has given to another volume. If
 * nobody uses it, removes it and scans the LUN again.
 */
export async function verifyOrReplace(
  operation: Operation,
  transport: Transport,
  scanned: ScannedDisk,
  expected: Expected,
  path?: string,
): Promise<{ readonly scanned: ScannedDisk; readonly device: BlockDevice; readonly identity: ShownIdentity }> {
  try {
    return { scanned, ...(await verifyDisk(operation, transport, scanned, expected, path)) }
  } catch (error) {
    const fresh = isStale(error) ? await replaceStale(operation, transport, scanned) : undefined
    if (fresh === undefined) throw error
    return { scanned: fresh, ...(await verifyDisk(operation, transport, fresh, expected, path)) }
  }
}
