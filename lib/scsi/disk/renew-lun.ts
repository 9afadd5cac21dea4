/** A LUN at which the kernel found no volume. The kernel does not check by itself whether the array has mapped one there since. */
import type { ScsiDisk } from '../../linux/scsi/disk.js'
import { readCapacity } from '../../linux/scsi/capacity.js'
import { inquirePeripheral } from '../../linux/scsi/inquiry.js'
import { notAVolume } from '../../linux/scsi/lun-kind.js'
import { rescanDisk } from '../../linux/scsi/tell-disk.js'
import type { Operation } from '../../operation/operation.js'
import { ReleaseReport } from '../../operation/release-report.js'
import type { Nexus, Transport } from '../transport.js'
import { diskObject } from './objects.js'
import { removeDisk } from './remove-disk.js'

/**
 * Has the kernel read a device that is no volume again, once the device itself says that it is a volume by now. If this attachment created
 * the device and nobody shares it, removes the device, so that the next scan reads its type and identity too. Otherwise only rescans it.
 * Returns whether the device was removed. The caller holds the lock of the LUN.
 */
export async function renewLun(operation: Operation, transport: Transport, nexus: Nexus, disk: ScsiDisk): Promise<boolean> {
  const { host, signal, claim } = operation
  if (await isStillNoVolume(operation, disk)) return false
  const { key } = diskObject(nexus.key, disk.lun, disk, 'found')
  const own = claim.entry.objects.find((object) => object.key === key && object.origin === 'created')
  if (own !== undefined && !(await claim.mayBeShared(key))) {
    await removeDisk(operation, transport, own, disk, new ReleaseReport(), { leaving: () => Promise.resolve(), flush: false })
    return true
  }
  const { directory, kernelWwid, block } = disk
  await rescanDisk(host, { directory, name: block?.name ?? '', kernelWwid, diskseq: block?.diskseq }, signal)
  return false
}

async function isStillNoVolume({ host, signal }: Operation, { sg }: ScsiDisk): Promise<boolean> {
  // A device without an sg node can't be asked, so treat it as changed.
  if (sg === undefined) return false
  const now = await inquirePeripheral(host, sg, signal)
  if (now === undefined || notAVolume({ ...now, block: undefined }) !== undefined) return true
  const capacity = await readCapacity(host, sg, signal)
  return capacity === undefined || BigInt.asUintN(64, capacity.blocks) === 0n
}
