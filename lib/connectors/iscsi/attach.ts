import type { Reached } from '../../attach/connector.js'
import { prove } from '../../attach/identity.js'
import type { Operation } from '../../attach/operation.js'
import { kernelLun } from '../../connection/lun.js'
import type { IscsiConnection } from '../../connection/types.js'
import { type Attempt, BrickworkError, type ErrorCode, isBrickworkError } from '../../core/errors.js'
import { formatPortal, portalOf } from '../../core/portal.js'
import { readBlockDevice } from '../../linux/block/device.js'
import type { Session } from '../../linux/iscsi/session.js'
import type { Expected } from '../../types.js'
import { type Exposed, expose } from './expose.js'
import type { Logins } from './logins.js'
import type { Target } from './objects.js'
import { reach } from './reach.js'
import { releaseOthers } from './release.js'

/** Exact scans at 0, 50, 100, 200, 400 … ms after the first, then each second. */
const RESCAN_MS = [50, 50, 100, 200, 600] as const
const RESCAN_LATER_MS = 1000

export function targetsOf(connection: IscsiConnection): Target[] {
  const { iface = 'default', addressing } = connection
  return connection.targets.map(({ portal, iqn, lun }) => ({ iqn, portal: portalOf(portal), iface, lun: kernelLun(lun, addressing) }))
}

/** Portals are tried in their order until one gives the device; what the others needed is taken away again. */
export async function attachIscsi(operation: Operation, logins: Logins, connection: IscsiConnection, expected: Expected): Promise<Reached> {
  const targets = targetsOf(connection)
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
      attempts.push(toAttempt(operation, target, error))
    }
  }
  exposed ??= await waitForLun(operation, withoutLun, attempts)
  const { session, disk, fresh } = exposed
  const device = await readBlockDevice(operation.host, disk.block?.name ?? '', operation.signal)
  if (device === undefined) throw new BrickworkError('ERR_TARGET_UNREACHABLE', `${disk.hctl} went away while it was attached`)
  const identity = await operation.step('prove', () =>
    prove(operation, { ...device, vpd83: disk.vpd83, vpd80: disk.vpd80, sg: disk.sg }, fresh, expected),
  )
  await releaseOthers(operation, session)
  if (operation.policy.multipath !== 'never' && targets.length > 1)
    operation.note('a single path is used: multipath is not available in this version', { paths: 1, of: targets.length })
  return { device, paths: [pathOf(exposed)], degraded: targets.length > 1, ...identity }
}

export function pathOf({ session, disk }: Pick<Exposed, 'session' | 'disk'>): Reached['paths'][number] {
  return {
    device: `/dev/${disk.block?.name ?? ''}`,
    hctl: disk.hctl,
    portal: formatPortal(session.portal),
    target: session.target,
    session: session.id,
    state: disk.state,
  }
}

/** Scans again on every session that came up, until one shows the LUN or the policy's patience ends. */
async function waitForLun(
  operation: Operation,
  candidates: readonly { session: Session; target: Target }[],
  attempts: Attempt[],
): Promise<Exposed> {
  const { clock } = operation.host
  const { waitMs } = operation.policy.lun
  const givenUpAt = waitMs === 'deadline' ? Number.POSITIVE_INFINITY : clock.now() + waitMs
  for (let round = 0; candidates.length > 0; round++) {
    const pause = RESCAN_MS[round] ?? RESCAN_LATER_MS
    if (clock.now() + pause > givenUpAt || operation.remainingMs <= pause) break
    try {
      await clock.sleep(pause, operation.signal)
      for (const { session, target } of candidates) {
        const exposed = await expose(operation, session, target.lun)
        if (exposed !== undefined) return exposed
      }
    } catch (error) {
      // The time is up in the middle of a scan: what is known by then is that the LUN was not there.
      if (isBrickworkError(error, 'ERR_TIMEOUT') && operation.signal.aborted) break
      throw error
    }
  }
  const absent = candidates.map(({ session, target }): Attempt => {
    const message = `${target.iqn} shows no LUN ${target.lun} to this initiator`
    return { path: formatPortal(session.portal), code: 'ERR_LUN_NOT_FOUND', message }
  })
  throw allFailed([...attempts, ...absent])
}

/** A path that failed is an answer as long as others are to be tried; the end of the whole operation is not. */
function toAttempt(operation: Operation, target: Target, error: unknown): Attempt {
  if (operation.signal.aborted || !isBrickworkError(error) || !PATH_FAILURES.includes(error.code)) throw error
  return { path: formatPortal(target.portal), code: error.code, message: error.message }
}
/** What says most about a volume that no path reaches comes first. */
const PATH_FAILURES: readonly ErrorCode[] = [
  'ERR_AUTHENTICATION',
  'ERR_LUN_NOT_FOUND',
  'ERR_TARGET_NOT_FOUND',
  'ERR_CONFLICT',
  'ERR_TARGET_UNREACHABLE',
]

function allFailed(attempts: readonly Attempt[]): BrickworkError {
  const code = PATH_FAILURES.find((each) => attempts.some((attempt) => attempt.code === each)) ?? 'ERR_TARGET_UNREACHABLE'
  const said = attempts.map(({ path, message }) => (message.includes(path) ? message : `${path}: ${message}`)).join('; ')
  return new BrickworkError(code, `No path to the volume: ${said}`, { attempts })
}
