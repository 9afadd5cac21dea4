/** Of write-protected paths and others those that can be written to are used: one protected path makes the whole map read-only. */
import { BrickworkError, isBrickworkError } from '../../core/errors.js'
import { recordedAccess, shareDevice } from '../../operation/shared-volume.js'
import type { BlockDevice } from '../../linux/block/device.js'
import type { Operation } from '../../operation/operation.js'
import type { VerifiedPath } from './verified-path.js'

/** Whether the attachment only reads: then it makes no difference which paths can be written to. */
export function isReader({ claim: { entry } }: Operation): boolean {
  return recordedAccess(entry) === 'ro'
}
/** Of an error of one path: no other path can help, since another attachment has the volume with another access. */
export function concernsAllPaths(error: unknown): boolean {
  return isBrickworkError(error, 'ERR_CONFLICT') && 'attachment' in error.details
}
/** A path of an attachment that only reads is made read-only. One that is read-only may be so for another attachment. @throws `ERR_CONFLICT` */
export async function sharePath(operation: Operation, device: BlockDevice): Promise<void> {
  if (isReader(operation) || device.readOnly) await shareDevice(operation, device)
}

/**
 * The paths that must go for this one.
 * @throws `ERR_CONFLICT`: this one must go, since the others can be written to, or since what is handed out (`decided`) can't change any more.
 */
export function outdoneBy(
  { device: { name, readOnly }, path }: VerifiedPath,
  good: readonly VerifiedPath[],
  decided: boolean,
): VerifiedPath[] {
  const others = good.filter(({ device }) => device.readOnly !== readOnly)
  if (others.length === 0 || (!readOnly && !decided)) return others
  const [is, are] = readOnly ? ['write-protected', 'are not'] : ['writable', 'are write-protected']
  throw new BrickworkError('ERR_CONFLICT', `/dev/${name} is ${is} at ${path.label}, and the other paths ${are}`, {
    details: { device: `/dev/${name}`, readOnly },
  })
}
export function writeProtected({ device: { name }, path }: VerifiedPath): BrickworkError {
  return new BrickworkError('ERR_CONFLICT', `/dev/${name} is write-protected at ${path.label}, and other paths are not`)
}
