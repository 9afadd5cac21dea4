/** Drops write-protected paths when other paths are writable: one write-protected path makes the whole map read-only. */
import { BrickworkError, isBrickworkError } from '../../core/errors.js'
import { recordedAccess, shareDevice } from '../../operation/shared-volume.js'
import type { BlockDevice } from '../../linux/block/device.js'
import type { Operation } from '../../operation/operation.js'
import type { VerifiedPath } from './verified-path.js'

/** Whether the attachment is read-only. Then write protection of paths makes no difference. */
export function isReader({ claim: { entry } }: Operation): boolean {
  return recordedAccess(entry) === 'ro'
}
/** Whether an error of one path concerns all paths: another attachment has the volume with another access. */
export function concernsAllPaths(error: unknown): boolean {
  return isBrickworkError(error, 'ERR_CONFLICT') && 'attachment' in error.details
}
/**
 * Makes a path of a read-only attachment read-only. Also called for a path that is read-only already: another attachment may have made it
 * so. @throws `ERR_CONFLICT`
 */
export async function sharePath(operation: Operation, device: BlockDevice): Promise<void> {
  if (isReader(operation) || device.readOnly) await shareDevice(operation, device)
}

/**
 * The paths that must go for this one.
 * @throws `ERR_CONFLICT` when this path must go: the others are writable, or what is handed out can't change any more (`decided`).
 */
export function outdoneBy<P extends Pick<VerifiedPath, 'device'>>(
  { device: { name, readOnly }, path }: VerifiedPath,
  good: readonly P[],
  decided: boolean,
): P[] {
  const others = good.filter(({ device }) => device.readOnly !== readOnly)
  if (others.length === 0 || (!readOnly && !decided)) return others
  const [is, are] = readOnly ? ['write-protected', 'are not'] : ['writable', 'are write-protected']
  throw new BrickworkError('ERR_CONFLICT', `/dev/${name} is ${is} at ${path.label}, but the other paths ${are}`, {
    details: { device: `/dev/${name}`, readOnly },
  })
}
export function writeProtected({ device: { name }, path }: VerifiedPath): BrickworkError {
  return new BrickworkError('ERR_CONFLICT', `/dev/${name} is write-protected at ${path.label}, but other paths are not`)
}
