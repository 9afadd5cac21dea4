import type { Connection } from '../../api/connection.js'
import type { Expected } from '../../api/attachment.js'
import { BrickworkError } from '../../core/errors.js'
import { multipathdRuns } from '../../linux/multipath/daemon.js'
import type { AttachedDevice } from '../../operation/connector.js'
import type { Operation } from '../../operation/operation.js'
import type { Resolved, Transport } from '../transport.js'
import { attachOverAllPaths } from './attach-multipath.js'
import { attachOverOnePath } from './attach-single-path.js'

/** The policy and the host decide whether the volume becomes a map, never the number of paths. */
export async function attachVolume(
  operation: Operation,
  transport: Transport,
  connection: Connection,
  expected: Expected,
): Promise<AttachedDevice> {
  const { multipath } = operation.policy
  if (multipath !== 'never' && (await multipathdRuns(operation.host))) {
    const resolved = await transport.resolve(operation, connection, 'all')
    requireNothingIsMissing(operation, resolved)
    return withMissing(await attachOverAllPaths(operation, transport, connection, resolved.paths, expected), resolved)
  }
  if (multipath === 'require')
    throw new BrickworkError(
      'ERR_MULTIPATH_UNAVAILABLE',
      "policy.multipath is 'require', but /proc shows no multipathd process on this host (systemctl start multipathd)",
      { step: 'assemble', details: { field: 'policy.multipath' } },
    )
  const resolved = await transport.resolve(operation, connection, 'any')
  const { length } = resolved.paths
  requireOnePathIsEnough(operation, length)
  const attached = await attachOverOnePath(operation, transport, connection, resolved.paths, expected)
  if (length > 1 && multipath !== 'never')
    operation.progress.note('a single path is used: /proc shows no multipathd process on this host', { paths: 1, of: length })
  return withMissing(attached, resolved)
}

/** A path that cannot be resolved now counts as missing. */
function withMissing(attached: AttachedDevice, { missing }: Resolved): AttachedDevice {
  return missing.length === 0 ? attached : { ...attached, degraded: true, named: attached.named + missing.length }
}
function requireNothingIsMissing({ policy }: Operation, { missing: [first] }: Resolved): void {
  if (policy.paths.min === 'all' && first !== undefined) throw first
}

function requireOnePathIsEnough({ policy }: Operation, paths: number): void {
  const { min } = policy.paths
  if ((min === 'all' ? paths : min) <= 1) return
  throw new BrickworkError(
    'ERR_MULTIPATH_UNAVAILABLE',
    `policy.paths.min is ${min}, which needs a multipath map, but the volume is attached over a single path`,
    { step: 'assemble', details: { field: 'policy.paths.min' } },
  )
}
