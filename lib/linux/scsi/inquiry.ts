import type { Host } from '../../core/host.js'
import { askDevice } from './command.js'
import { peripheralOf } from './lun-kind.js'

const INQUIRY = 0x12
const EVPD = 0x01
const PAGE_BYTES = 0xfc

/**
 * Asks the device itself for a vital product data page, not the kernel's copy of it (SPC-4 6.6). `undefined` when the device does not answer
 * it: dead, timed out, or without that page.
 */
export async function inquirePage(host: Host, device: string, page: number, signal: AbortSignal): Promise<Uint8Array | undefined> {
  const cdb = new Uint8Array([INQUIRY, EVPD, page, 0, PAGE_BYTES, 0])
  return await askDevice(host, device, { cdb, length: PAGE_BYTES }, signal)
}

const STANDARD_BYTES = 36

/** What the device says it is now. The kernel keeps the type of its scan for as long as the device is there. `undefined` when it does not answer. */
export async function inquirePeripheral(host: Host, device: string, signal: AbortSignal): Promise<ReturnType<typeof peripheralOf>> {
  const cdb = new Uint8Array([INQUIRY, 0, 0, 0, STANDARD_BYTES, 0])
  return peripheralOf(await askDevice(host, device, { cdb, length: STANDARD_BYTES }, signal))
}
