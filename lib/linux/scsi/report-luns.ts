import type { Host } from '../../core/host.js'
import { askDevice } from './command.js'

/** SPC-4 6.33 */
const REPORT_LUNS = 0xa0
const HEADER = 8
const ENTRY = 8
/** 1,023 LUNs: more than fit into an error message. */
const LENGTH = HEADER + 1023 * ENTRY

/**
 * The LUNs that the target of this device shows to this initiator, numbered as in the kernel; `undefined` when the device does not answer.
 */
export async function reportLuns(host: Host, device: string, signal: AbortSignal): Promise<readonly bigint[] | undefined> {
  const cdb = new Uint8Array(12)
  cdb[0] = REPORT_LUNS
  new DataView(cdb.buffer).setUint32(6, LENGTH)
  const data = await askDevice(host, device, { cdb, length: LENGTH }, signal)
  return data === undefined ? undefined : parseLuns(data)
}

/**
 * Parses a header with the list's length in bytes, then eight bytes for each LUN: four levels of two bytes, the first level first. In the
 * kernel's number the first level is lowest (drivers/scsi/scsi_common.c, scsilun_to_int). Returns `undefined` for other data, and the
 * complete entries of a truncated list.
 */
export function parseLuns(data: Uint8Array): readonly bigint[] | undefined {
  if (data.length < HEADER) return undefined
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength)
  const count = Math.min(view.getUint32(0), data.length - HEADER)
  return Array.from({ length: Math.floor(count / ENTRY) }, (_, index) =>
    [0, 1, 2, 3].reduce((lun, level) => lun | (BigInt(view.getUint16(HEADER + index * ENTRY + level * 2)) << BigInt(level * 16)), 0n),
  )
}
