/** Of write-protected paths and others those that can be written to are used: one protected path makes the whole map read-only. */
import { BrickworkError } from '../../core/errors.js'
import type { VerifiedPath } from './verified-path.js'

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
