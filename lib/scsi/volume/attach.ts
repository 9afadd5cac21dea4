import type { Reached } from '../../operation/connector.js'
import type { Operation } from '../../operation/operation.js'
import type { IscsiConnection } from '../../api/connection.js'
import { BrickworkError } from '../../core/errors.js'
import { multipathdRuns } from '../../linux/multipath/daemon.js'
import type { Expected } from '../../api/attachment.js'
import type { Logins } from '../../connectors/iscsi/login-registry.js'
import { attachOverAllPaths } from './attach-multipath.js'
import { attachOverOnePath } from './attach-single-path.js'
import { targetsOf } from '../../connectors/iscsi/named-paths.js'
import { type Ways, waysOf } from '../../connectors/iscsi/resolve-paths.js'

/** Whether the volume becomes a map is the policy's decision, and the host's; never the number of portals. */
export async function attachIscsi(operation: Operation, logins: Logins, connection: IscsiConnection, expected: Expected): Promise<Reached> {
  const { multipath } = operation.policy
  if (multipath !== 'never' && (await multipathdRuns(operation.host))) {
    const ways = await waysOf(operation, connection, 'all')
    requireNothingIsMissing(operation, ways)
    return withMissing(await attachOverAllPaths(operation, logins, ways.connection, expected), ways)
  }
  if (multipath === 'require')
    throw new BrickworkError(
      'ERR_MULTIPATH_UNAVAILABLE',
      "policy.multipath is 'require', and no multipathd runs on this host (systemctl start multipathd)",
      {
        details: { field: 'policy.multipath' },
      },
    )
  const ways = await waysOf(operation, connection, 'any')
  const { length } = targetsOf(ways.connection)
  requireOnePathIsEnough(operation, ways.connection)
  const reached = await attachOverOnePath(operation, logins, ways.connection, expected)
  if (length > 1 && multipath !== 'never')
    operation.note('a single path is used: no multipathd runs on this host', { paths: 1, of: length })
  return withMissing(reached, ways)
}

/** A name that has no address now is a path that is missing. */
function withMissing(reached: Reached, { missing }: Ways): Reached {
  return missing.length === 0 ? reached : { ...reached, degraded: true }
}
function requireNothingIsMissing({ policy }: Operation, { missing: [first] }: Ways): void {
  if (policy.paths.min === 'all' && first !== undefined) throw first
}

function requireOnePathIsEnough({ policy }: Operation, connection: IscsiConnection): void {
  const targets = targetsOf(connection)
  const { min } = policy.paths
  if ((min === 'all' ? targets.length : min) <= 1) return
  throw new BrickworkError(
    'ERR_MULTIPATH_UNAVAILABLE',
    `policy.paths.min: ${min} paths need a map, and the volume is attached over a single path`,
    {
      details: { field: 'policy.paths.min' },
    },
  )
}
