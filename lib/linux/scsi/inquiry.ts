import type { Host, ScsiReply } from '../../core/host.js'

const INQUIRY = 0x12
const EVPD = 0x01
const PAGE_BYTES = 0xfc
/** udev's scsi_id waits as long. */
const TIMEOUT_MS = 5000
/** SAM-5 5.3.1 */
const GOOD = 0x00
const CHECK_CONDITION = 0x02
/** SPC-4 4.5: sense keys that another try answers. */
const UNIT_ATTENTION = 0x06
const TRIES = 3

/**
 * Asks the device itself for a vital product data page, not the kernel's copy of it. `undefined` when the device does not answer it:
 * dead, timed out, or without that page.
 */
export async function inquirePage(host: Host, device: string, page: number, signal: AbortSignal): Promise<Uint8Array | undefined> {
  const cdb = new Uint8Array([INQUIRY, EVPD, page, 0, PAGE_BYTES, 0])
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const reply = await host.kernel.scsi({ device, cdb, length: PAGE_BYTES, timeoutMs: TIMEOUT_MS }, signal)
    if (reply.status === GOOD && reply.hostStatus === 0) return reply.data
    if (senseKey(reply) !== UNIT_ATTENTION) return undefined
  }
  return undefined
}

/** Of fixed (0x70, 0x71) and descriptor (0x72, 0x73) sense data (SPC-4 4.5.2, 4.5.3). */
export function senseKey({ status, sense }: ScsiReply): number | undefined {
  if (status !== CHECK_CONDITION) return undefined
  const format = (sense[0] ?? 0) & 0x7f
  const byte = format === 0x70 || format === 0x71 ? sense[2] : format === 0x72 || format === 0x73 ? sense[1] : undefined
  return byte === undefined ? undefined : byte & 0x0f
}
