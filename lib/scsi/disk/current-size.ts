/**
 * The kernel has the size that a disk had when the kernel last read it. If the disk was there before the attach, the volume may have grown
 * since.
 */
import { BrickworkError } from '../../core/errors.js'
import { type BlockDevice, readBlockDevice } from '../../linux/block/device.js'
import { capacityBytes, readCapacity } from '../../linux/scsi/capacity.js'
import { rescanDisk } from '../../linux/scsi/tell-disk.js'
import type { Operation } from '../../operation/operation.js'
import type { ScannedDisk } from './scan-lun.js'

/** A healthy disk answers within milliseconds. */
const ANSWER_MS = 6000

/**
 * Returns the device with the size that the disk itself reports (READ CAPACITY). If the volume has grown, has the kernel rescan the disk,
 * as a resize does. If the disk does not answer, returns the device unchanged. The disk must have been verified just before the call.
 * @throws `ERR_IDENTITY_UNKNOWN` when the kernel does not take the new size; `ERR_IDENTITY_MISMATCH` when the disk has become smaller, or
 * shows another volume after the rescan.
 */
export async function withCurrentSize(operation: Operation, { disk }: ScannedDisk, device: BlockDevice): Promise<BlockDevice> {
  const { host, signal } = operation
  const bytes = disk.sg === undefined ? undefined : capacityBytes(await readCapacity(host, disk.sg, signal))
  if (bytes === undefined || bytes === device.sizeBytes) return device
  const name = `/dev/${device.name}`
  const details = { device: name, what: 'size in bytes', expected: bytes, found: device.sizeBytes }
  if (bytes < device.sizeBytes)
    throw new BrickworkError(
      'ERR_IDENTITY_MISMATCH',
      `${name} has ${device.sizeBytes} bytes in the kernel, but the disk reports ${bytes}: writes would go beyond its end`,
      { details },
    )
  await operation.within(ANSWER_MS, async (part) => {
    await rescanDisk(
      host,
      { directory: disk.directory, name: device.name, kernelWwid: disk.kernelWwid, diskseq: device.diskseq },
      part.signal,
    )
  })
  const after = await readBlockDevice(host, device.name, signal)
  if (after !== undefined && after.kernelWwid !== device.kernelWwid)
    throw new BrickworkError(
      'ERR_IDENTITY_MISMATCH',
      `${name} shows ${after.kernelWwid ?? 'no WWID'} now, and ${device.kernelWwid ?? 'none'} before: its LUN was given to another volume`,
      { details: { device: name, found: after.kernelWwid, before: device.kernelWwid, stale: true } },
    )
  if (after?.sizeBytes !== bytes)
    throw new BrickworkError(
      'ERR_IDENTITY_UNKNOWN',
      `${name} has ${device.sizeBytes} bytes in the kernel, but the disk reports ${bytes}, and the rescan did not change it`,
      { details },
    )
  operation.progress.mention('an existing disk had an outdated size: the kernel has rescanned it', { ...details })
  return after
}
