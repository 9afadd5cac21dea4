import type { ScsiDisk } from '../../linux/scsi/disk.js'
import type { HostObject } from '../../operation/entry.js'
import type { Origin } from '../../operation/object-data.js'

export const DISK = 'disk'
/** The lock under which one LUN of a session is scanned, looked at and deleted. */
export const lunLock = (session: number, lun: bigint) => `lun ${session} ${lun}`
/** `disk` is `undefined` while it is only about to be made. */
export function diskObject(session: number, lun: bigint, disk: ScsiDisk | undefined, origin: Origin): HostObject {
  return {
    kind: DISK,
    key: `disk ${session} ${lun}`,
    origin,
    data: {
      session,
      lun: String(lun),
      hctl: disk?.hctl ?? null,
      name: disk?.block?.name ?? null,
      kernelWwid: disk?.kernelWwid ?? null,
      diskseq: disk?.block?.diskseq ?? null,
    },
  }
}
