/** Connects one path, from its portal to its session: probe, record, login. */
import type { Operation } from '../../operation/operation.js'
import type { IscsiConnection } from '../../api/connection.js'
import { BrickworkError, isBrickworkError } from '../../core/errors.js'
import { formatPortal, type Portal } from '../../core/portal.js'
import type { Session } from '../../linux/iscsi/session.js'
import type { FailedPortals } from './failed-portals.js'
import { findSession } from './find-session.js'
import { ifaceOf } from './ifaces.js'
import { logInUnlessThere, resolveGivenUp } from './login.js'
import type { LoginRegistry } from './login-registry.js'
import type { IscsiPath } from './named-paths.js'
import { portalLock } from './objects.js'
import { type IscsiNexus, nexusOfSession } from './nexus.js'
import { probePortal } from './probe-portal.js'
import { inQueue } from './login-window.js'

/**
 * Logs in, or uses the existing session. `shareMs` is this path's part of the remaining time. It includes the wait for other logins to the
 * same portal.
 */
export async function connect(
  operation: Operation,
  logins: LoginRegistry,
  target: IscsiPath,
  auth: IscsiConnection['auth'],
  shareMs: number,
): Promise<IscsiNexus> {
  const path = formatPortal(target.portal)
  const askedAt = operation.host.clock.now()
  const share = { askedAt, endsAt: askedAt + shareMs }
  const { probeable } = await ifaceOf(operation, target.iface)
  if (probeable && (await findSession(operation, target)) === undefined)
    await operation.progress.step('probe', () => probeAndRemember(operation, logins.failedPortals, target.portal, shareMs), path)
  const session = await operation.progress.step<Session>(
    'login',
    () =>
      inQueue(operation, target, share, (queue, begin) =>
        queue.locked(portalLock(target.iqn, target.portal), async () => {
          const known = await resolveGivenUp(queue, logins, target)
          return await begin(() => logInUnlessThere(operation, logins, target, auth, share, known))
        }),
      ),
    path,
  )
  const nexus = await nexusOfSession(operation.host, session)
  if (nexus !== undefined) return nexus
  throw new BrickworkError('ERR_TARGET_UNREACHABLE', `Session ${session.id} to ${path} disappeared after its login`, {
    details: { session: session.id },
  })
}

async function probeAndRemember(operation: Operation, failedPortals: FailedPortals, portal: Portal, shareMs: number): Promise<void> {
  try {
    await probePortal(operation, portal, shareMs)
    failedPortals.reached(portal)
  } catch (error) {
    if (isBrickworkError(error, 'ERR_TARGET_UNREACHABLE')) failedPortals.failed(operation.host.clock, portal)
    throw error
  }
}
