/** Connects one path, from its portal to its session: probe, record, login. */
import type { Operation } from '../../operation/operation.js'
import type { IscsiConnection } from '../../api/connection.js'
import { BrickworkError, isBrickworkError } from '../../core/errors.js'
import type { Lock } from '../../core/host.js'
import { formatPortal, type Portal } from '../../core/portal.js'
import type { FirstUse } from '../../scsi/transport.js'
import type { FailedPortals } from './failed-portals.js'
import { findSession } from './find-session.js'
import { ifaceOf } from './ifaces.js'
import { type LoggedIn, logInUnlessThere, resolveGivenUp } from './login.js'
import type { LoginRegistry } from './login-registry.js'
import type { IscsiPath } from './named-paths.js'
import { portalLock } from './objects.js'
import { type IscsiNexus, nexusOfSession } from './nexus.js'
import { probePortal } from './probe-portal.js'
import { inQueue } from './login-window.js'

/**
 * Logs in, or uses the existing session. `shareMs` is this path's part of the remaining time. It includes the wait for other logins to the
 * same portal. `first` runs under the lock of the portal: until it has recorded the new session, nobody else uses that.
 */
export async function connect(
  operation: Operation,
  logins: LoginRegistry,
  target: IscsiPath,
  auth: IscsiConnection['auth'],
  shareMs: number,
  first?: FirstUse,
): Promise<IscsiNexus> {
  const path = formatPortal(target.portal)
  const askedAt = operation.host.clock.now()
  const share = { askedAt, endsAt: askedAt + shareMs }
  const { probeable } = await ifaceOf(operation, target.iface)
  if (probeable && (await findSession(operation, target)) === undefined)
    await operation.progress.step('probe', () => probeAndRemember(operation, logins.failedPortals, target.portal, shareMs), path)
  const logIn = (): Promise<Held> =>
    inQueue(operation, target, share, async (queue, begin) => {
      const lock = await queue.lock(portalLock(target.iqn, target.portal))
      try {
        const known = await resolveGivenUp(queue, logins, target)
        const scans = first === undefined ? undefined : target.lun
        return await begin(async () => ({ ...(await logInUnlessThere(operation, logins, { ...target, scans }, auth, share, known)), lock }))
      } catch (error) {
        await lock.release()
        throw error
      }
    })
  const { session, created, inherited, lock } = await operation.progress.step('login', logIn, path)
  let unrecorded = created
  try {
    if (created === undefined) await lock.release()
    const nexus = await nexusOfSession(operation.host, session, inherited)
    if (nexus !== undefined && created !== undefined && first !== undefined) {
      unrecorded = undefined
      await first(nexus, created)
    }
    if (nexus !== undefined) return nexus
    throw new BrickworkError('ERR_TARGET_UNREACHABLE', `Session ${session.id} to ${path} disappeared after its login`, {
      details: { session: session.id },
    })
  } finally {
    if (unrecorded !== undefined) await operation.claim.record(unrecorded)
    if (created !== undefined) await lock.release()
  }
}
/** With the lock of the portal. */
type Held = LoggedIn & { readonly lock: Lock }

async function probeAndRemember(operation: Operation, failedPortals: FailedPortals, portal: Portal, shareMs: number): Promise<void> {
  try {
    await probePortal(operation, portal, shareMs)
    failedPortals.reached(portal)
  } catch (error) {
    if (isBrickworkError(error, 'ERR_TARGET_UNREACHABLE')) failedPortals.failed(operation.host.clock, portal)
    throw error
  }
}
