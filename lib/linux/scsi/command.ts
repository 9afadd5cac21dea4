/** SCSI commands to the device itself, by its sg node: what the kernel remembers of it is not asked. */
import { isBrickworkError } from '../../core/errors.js'
import type { Host, ScsiReply } from '../../core/host.js'

/** udev's scsi_id waits as long. */
const TIMEOUT_MS = 5000
/** SAM-5 5.3.1 */
const GOOD = 0x00
const CHECK_CONDITION = 0x02
/** SPC-4 4.5: sense keys. */
const UNIT_ATTENTION = 0x06
const TRIES = 3
/** What the sg driver says of a device that is offline, or goes just now (drivers/scsi/sg.c, sg_open and sg_write). */
const NOBODY_THERE: ReadonlySet<unknown> = new Set(['ENXIO', 'ENODEV', 'EIO', 'ENOENT', 'ETIMEDOUT'])

export interface Command {
  readonly cdb: Uint8Array
  /** Bytes of data that it may answer with. */
  readonly length: number
}

/**
 * The answer to a command that reads, tried again after a unit attention: that is told once, to whoever asks next. `undefined` when the
 * device does not carry it out: it is dead, too slow, or knows no such command.
 */
export async function askDevice(host: Host, device: string, command: Command, signal: AbortSignal): Promise<Uint8Array | undefined> {
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const reply = await send(host, device, command, signal)
    if (reply?.status === GOOD && reply.hostStatus === 0) return reply.data
    if (reply === undefined || senseKey(reply) !== UNIT_ATTENTION) return undefined
  }
  return undefined
}

/** Whether the command reached the device, and came back with any status. */
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

/** Of fixed (0x70, 0x71) and descriptor (0x72, 0x73) sense data (SPC-4 4.5.2, 4.5.3). */
export function senseKey({ status, sense }: ScsiReply): number | undefined {
  if (status !== CHECK_CONDITION) return undefined
  const format = (sense[0] ?? 0) & 0x7f
  const byte = format === 0x70 || format === 0x71 ? sense[2] : format === 0x72 || format === 0x73 ? sense[1] : undefined
  return byte === undefined ? undefined : byte & 0x0f
}
