import { placeOfSession } from '../../linux/iscsi/session.js'
import { type ScsiDisk, readDisk } from '../../linux/scsi/disk.js'
import { maybe } from '../../operation/object-data.js'
import type { HostObject } from '../../operation/entry.js'
import type { Operation } from '../../operation/operation.js'

/** The disk that is at the session's LUN now, which need not be the one that was there. */
export async function diskOf({ host, signal }: Operation, session: number, lun: bigint): Promise<ScsiDisk | undefined> {
  const place = await placeOfSession(host, session)
  return place === undefined ? undefined : await readDisk(host, place.directory, lun, signal)
}
/** Whether the disk is still the one that was written down. */
export function isSameDisk(object: HostObject, disk: ScsiDisk): boolean {
  const same = (name: string, now: string | undefined) => maybe(object.data, name) === undefined || maybe(object.data, name) === now
  return same('kernelWwid', disk.kernelWwid) && same('diskseq', disk.block?.diskseq)
}
