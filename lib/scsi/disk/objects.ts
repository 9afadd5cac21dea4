import type { ScsiDisk } from '../../linux/scsi/disk.js'
import type { HostObject } from '../../operation/entry.js'
import { type Origin, text } from '../../operation/object-data.js'

export const DISK = 'disk'
/** Name of the lock under which an operation scans, reads or deletes one LUN of a nexus. */
export const lunLock = (nexus: string, lun: bigint) => `lun ${nexus} ${lun}`
/** `disk` is `undefined` before the disk is created. */
export function diskObject(nexus: string, lun: bigint, disk: ScsiDisk | undefined, origin: Origin): HostObject {
  return {
    kind: DISK,
    key: `disk ${nexus} ${lun}`,
    origin,
    ...(disk?.kernelWwid === undefined ? {} : { common: [disk.kernelWwid] }),
    data: {
      nexus,
      lun: String(lun),
      hctl: disk?.hctl ?? null,
      name: disk?.block?.name ?? null,
      kernelWwid: disk?.kernelWwid ?? null,
      diskseq: disk?.block?.diskseq ?? null,
    },
  }
}
export const nexusKeyOf = ({ data }: HostObject): string => text(data, 'nexus')
export const lunOf = ({ data }: HostObject): bigint => BigInt(text(data, 'lun'))
