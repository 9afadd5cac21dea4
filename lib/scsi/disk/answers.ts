/**
 * Tests a path with a read before the path counts. A disk with a verified identity is not enough: small commands get through where large
 * packets are lost, and a nexus that keeps failing may be up when it is queried.
 */
import { BrickworkError } from '../../core/errors.js'
import type { BlockDevice } from '../../linux/block/device.js'
import { answersRead } from '../../linux/scsi/read.js'
import type { Operation } from '../../operation/operation.js'
import type { Nexus, Transport } from '../transport.js'
import type { ScannedDisk } from './scan-lun.js'

/** More than one packet of 1500 bytes holds. */
const READ_BYTES = 4096
/** A healthy disk answers within milliseconds. */
const LONGEST_MS = 10_000

/** @throws `ERR_TARGET_UNREACHABLE` when the disk does not answer a read, or its nexus is down after the read. */
export async function requireAnswers(
  operation: Operation,
  transport: Transport,
  { nexus, disk: { sg } }: ScannedDisk,
  { name, sizeBytes, logicalBlockSize }: BlockDevice,
): Promise<void> {
  const { host, signal, remainingMs } = operation
  const bytes = Math.min(Math.max(READ_BYTES, logicalBlockSize), sizeBytes)
  if (sg !== undefined && bytes > 0) {
    const timeoutMs = Math.max(1, Math.round(Math.min(LONGEST_MS, remainingMs / 2)))
    if (!(await answersRead(host, sg, { bytes, blockBytes: logicalBlockSize, timeoutMs }, signal)))
      throw silent(name, bytes, timeoutMs, nexus, await transport.whyDown?.(operation, nexus))
  }
  const why = await transport.whyDown?.(operation, nexus)
  if (why !== undefined) throw down(nexus, why)
}

/** @throws `ERR_TARGET_UNREACHABLE` when all of the nexuses are down. */
export async function requireOneUp(operation: Operation, transport: Transport, nexuses: readonly Nexus[]): Promise<void> {
  let first: BrickworkError | undefined
  for (const nexus of nexuses) {
    const why = await transport.whyDown?.(operation, nexus)
    if (why === undefined) return
    first ??= down(nexus, why)
  }
  if (first !== undefined) throw first
}

function silent(name: string, bytes: number, timeoutMs: number, { label }: Nexus, why: string | undefined): BrickworkError {
  const reason = why ?? 'check whether large packets are lost (MTU)'
  return new BrickworkError(
    'ERR_TARGET_UNREACHABLE',
    `/dev/${name} at ${label} did not answer a read of ${bytes} bytes within ${timeoutMs} ms: ${reason}`,
    { details: { device: `/dev/${name}`, path: label, readBytes: bytes, timeoutMs } },
  )
}
function down({ label }: Nexus, why: string): BrickworkError {
  return new BrickworkError('ERR_TARGET_UNREACHABLE', `The path ${label} did not stay up: ${why}`, { details: { path: label } })
}
