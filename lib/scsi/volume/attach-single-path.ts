import type { Reached } from '../../operation/connector.js'
import type { Operation } from '../../operation/operation.js'
import type { IscsiConnection } from '../../api/connection.js'
import type { Attempt } from '../../core/errors.js'
import type { Session } from '../../linux/iscsi/session.js'
import type { Expected } from '../../api/attachment.js'
import { type Exposed, expose } from '../disk/scan-lun.js'
import { toAttempt } from '../../operation/attempts.js'
import type { Logins } from '../../connectors/iscsi/login-registry.js'
import type { Target } from '../../connectors/iscsi/objects.js'
import { proveOrReplace } from '../disk/verify-disk.js'
import { reach } from '../../connectors/iscsi/connect.js'
import { releaseOthers } from './release.js'
import { pathOf, targetsOf } from '../../connectors/iscsi/named-paths.js'
import { waitForLun } from '../disk/wait-for-lun.js'

/** Portals are tried in their order until one gives the device; what the others needed is taken away again. */
export async function attachOverOnePath(
  operation: Operation,
  logins: Logins,
  connection: IscsiConnection,
  expected: Expected,
): Promise<Reached> {
  const targets = surestFirst(operation, logins, targetsOf(connection))
  const attempts: Attempt[] = []
  const withoutLun: { session: Session; target: Target }[] = []
  let exposed: Exposed | undefined
  for (const [index, target] of targets.entries()) {
    try {
      const session = await reach(operation, logins, target, connection.auth, operation.remainingMs / (targets.length - index))
      exposed = await expose(operation, session, target.lun)
      if (exposed !== undefined) break
      withoutLun.push({ session, target })
    } catch (error) {
      attempts.push(toAttempt(operation, target, error, false))
    }
  }
  exposed ??= await waitForLun(operation, withoutLun, attempts)
  const proven = await proveOrReplace(operation, exposed, expected)
  const { device, identity } = proven
  await releaseOthers(operation, proven.exposed.session)
  return { device, disks: [device], paths: [pathOf(proven.exposed)], degraded: targets.length > 1, ...identity }
}

/** Where nobody answered a moment ago comes last. */
function surestFirst({ host }: Operation, logins: Logins, targets: readonly Target[]): Target[] {
  const doubtful = targets.filter((target) => logins.isDoubtful(host.clock, target))
  return [...targets.filter((target) => !doubtful.includes(target)), ...doubtful]
}
