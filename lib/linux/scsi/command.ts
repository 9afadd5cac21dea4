/** Sends SCSI commands to the device itself through its sg node. Does not use what the kernel has cached about it. */
import { isBrickworkError } from '../../core/errors.js'
import type { Host, ScsiReply } from '../../core/host.js'

/** The same timeout as udev's scsi_id. */
const TIMEOUT_MS = 5000
/** SAM-5 5.3.1 */
const GOOD = 0x00
const CHECK_CONDITION = 0x02
/** SPC-4 4.5: sense keys. */
const UNIT_ATTENTION = 0x06
const TRIES = 3
/** Errors of the sg driver for a device that is offline or being removed (drivers/scsi/sg.c, sg_open and sg_write). */
const NOBODY_THERE: ReadonlySet<unknown> = new Set(['ENXIO', 'ENODEV', 'EIO', 'ENOENT', 'ETIMEDOUT'])

export interface Command {
  readonly cdb: Uint8Array
  /** Length of the data to read, at most. */
  readonly length: number
}

/**
 * Returns the answer to a command that reads. Retries after a unit attention, which the device reports once, to the next command.
 * `undefined` when the device does not carry out the command: it is dead, too slow, or does not support it.
 */
export async function askDevice(host: Host, device: string, command: Command, signal: AbortSignal): Promise<Uint8Array | undefined> {
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const reply = await send(host, device, command, signal)
    if (reply?.status === GOOD && reply.hostStatus === 0) return reply.data
    if (reply === undefined || senseKey(reply) !== UNIT_ATTENTION) return undefined
  }
  return undefined
}

/** Whether the command reached the device and returned any status. */
export async function isAnswered(host: Host, device: string, command: Command, timeoutMs: number, signal: AbortSignal): Promise<boolean> {
  return (await send(host, device, command, signal, timeoutMs))?.hostStatus === 0
}

async function send(
  host: Host,
  device: string,
  { cdb, length }: Command,
  signal: AbortSignal,
  timeoutMs = TIMEOUT_MS,
): Promise<ScsiReply | undefined> {
  try {
    return await host.kernel.scsi({ device, cdb, length, timeoutMs }, signal)
  } catch (error) {
    if (isBrickworkError(error, 'ERR_KERNEL') && NOBODY_THERE.has(error.details['errno'])) return undefined
    throw error
  }
}

/** Sense key of fixed (0x70, 0x71) and descriptor (0x72, 0x73) sense data (SPC-4 4.5.2, 4.5.3). */
export function senseKey({ status, sense }: ScsiReply): number | undefined {
  if (status !== CHECK_CONDITION) return undefined
  const format = (sense[0] ?? 0) & 0x7f
  const byte = format === 0x70 || format === 0x71 ? sense[2] : format === 0x72 || format === 0x73 ? sense[1] : undefined
  return byte === undefined ? undefined : byte & 0x0f
}
