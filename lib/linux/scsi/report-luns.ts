import type { Host } from '../../core/host.js'
import { askDevice } from './command.js'

/** SPC-4 6.33 */
const REPORT_LUNS = 0xa0
const HEADER = 8
const ENTRY = 8
/** 1,023 LUNs: more than a message has room for. */
const LENGTH = HEADER + 1023 * ENTRY

/** The LUNs that the target of this device shows to this initiator, packed as the kernel packs them; `undefined` when it does not answer. */
export async function reportLuns(host: Host, device: string, signal: AbortSignal): Promise<readonly bigint[] | undefined> {
  const cdb = new Uint8Array(12)
  cdb[0] = REPORT_LUNS
  new DataView(cdb.buffer).setUint32(6, LENGTH)
  const data = await askDevice(host, device, { cdb, length: LENGTH }, signal)
  return data === undefined ? undefined : parseLuns(data)
}

/**
 * A header with the list's length in bytes, then eight bytes a LUN: four levels of two bytes, the first one first. The kernel has the first
 * level lowest (drivers/scsi/scsi_common.c, scsilun_to_int). `undefined` when it is no such list; one that was cut off gives what is there.
 */
export function parseLuns(data: Uint8Array): readonly bigint[] | undefined {
  if (data.length < HEADER) return undefined
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength)
  const count = Math.min(view.getUint32(0), data.length - HEADER)
  return Array.from({ length: Math.floor(count / ENTRY) }, (_, index) =>
    [0, 1, 2, 3].reduce((lun, level) => lun | (BigInt(view.getUint16(HEADER + index * ENTRY + level * 2)) << BigInt(level * 16)), 0n),
  )
}
