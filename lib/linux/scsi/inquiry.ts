import type { Host } from '../../core/host.js'
import { askDevice } from './command.js'
import { peripheralOf } from './lun-kind.js'

const INQUIRY = 0x12
const EVPD = 0x01
const PAGE_BYTES = 0xfc

/**
 * Reads a vital product data page from the device itself, not the kernel's copy of it (SPC-4 6.6). `undefined` when the device does not
 * answer: it is dead, timed out, or has no such page.
 */
export async function inquirePage(host: Host, device: string, page: number, signal: AbortSignal): Promise<Uint8Array | undefined> {
  const cdb = new Uint8Array([INQUIRY, EVPD, page, 0, PAGE_BYTES, 0])
  return await askDevice(host, device, { cdb, length: PAGE_BYTES }, signal)
}

const STANDARD_BYTES = 36

/**
 * The device's current type and qualifier. The kernel keeps those of its scan for as long as the device exists. `undefined` without an
 * answer.
 */
export async function inquirePeripheral(host: Host, device: string, signal: AbortSignal): Promise<ReturnType<typeof peripheralOf>> {
  const cdb = new Uint8Array([INQUIRY, 0, 0, 0, STANDARD_BYTES, 0])
  return peripheralOf(await askDevice(host, device, { cdb, length: STANDARD_BYTES }, signal))
}
