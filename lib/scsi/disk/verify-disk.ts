import { isStale, type ShownIdentity, verifyIdentity } from '../../operation/identity.js'
import { scsiIdentity } from './identity.js'
import type { Operation } from '../../operation/operation.js'
import { BrickworkError } from '../../core/errors.js'
import { type BlockDevice, readBlockDevice } from '../../linux/block/device.js'
import type { Expected } from '../../api/attachment.js'
import type { Transport } from '../transport.js'
import type { ScannedDisk } from './scan-lun.js'
import { requireAnswers } from './answers.js'
import { withCurrentSize } from './current-size.js'
import { requireNoWwidConflict } from './wwid-conflict.js'
import { replaceStale } from './stale-disk.js'

/** The disk as a block device, proven to be the volume that is meant. `path` names it in the story when there are several. */
export async function verifyDisk(
  operation: Operation,
  transport: Transport,
  scanned: ScannedDisk,
  expected: Expected,
  path?: string,
): Promise<{ readonly device: BlockDevice; readonly identity: ShownIdentity }> {
  const { disk } = scanned
  const device = await readBlockDevice(operation.host, disk.block?.name ?? '', operation.signal)
  if (device === undefined) throw new BrickworkError('ERR_TARGET_UNREACHABLE', `${disk.hctl} went away while it was attached`)
  const { vpd83, vpd80, sg } = disk
  const identity = await operation.progress.step(
    'verify',
    async () => {
      // What has just been found is in multipathd's hands within milliseconds.
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
 * As {@link verifyDisk}. A disk that was there before and whose LUN was given to another volume is of use to nobody: unless somebody uses it
 * all the same, it is taken away, and the LUN scanned anew.
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
