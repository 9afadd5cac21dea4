import { BrickworkError } from '../../core/errors.js'
import type { Guard, GuardedWrite, Host, WriteOutcome } from '../../core/host.js'

/** One LUN of one target of a SCSI host. */
export interface ScanAddress {
  readonly host: number
  readonly channel: number
  readonly id: number
  readonly lun: bigint
}

/**
 * Asks the kernel to scan exactly one LUN of one target. Returns when the kernel knows whether the LUN exists: then there is a scsi_device,
 * and its disk a few milliseconds later. While the target's transport is down, the kernel does nothing. The kernel reuses host numbers at
 * once. `guards`, relative to the directory of the SCSI host, prevent a scan of the next host with that number.
 */
export async function scanLun(
  host: Host,
  address: ScanAddress,
  guards: readonly Guard[],
  signal: AbortSignal,
  waits: GuardedWrite['waits'] = 'bounded',
): Promise<WriteOutcome> {
  return await host.kernel.write({ ...scanOf(address, guards), waits }, signal)
}
/** The write by which {@link scanLun} asks, for a job. */
export function scanOf({ host, channel, id, lun }: ScanAddress, guards: readonly Guard[]): GuardedWrite & { readonly waits: 'bounded' } {
  return {
    directory: `/sys/class/scsi_host/host${host}`,
    guards,
    attribute: 'scan',
    value: `${channel} ${id} ${scanText(lun)}`,
    waits: 'bounded',
  }
}

/** The kernel reads at most 16 characters of the number, in any base of C. */
const MOST = 16
function scanText(lun: bigint): string {
  const text = [String(lun), `0x${lun.toString(16)}`].find(({ length }) => length <= MOST)
  if (text !== undefined) return text
  throw new BrickworkError(
    'ERR_UNSUPPORTED',
    `LUN ${lun} is too large for a scan of one LUN: the kernel reads only ${MOST} characters of it`,
  )
}
