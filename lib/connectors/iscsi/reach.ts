/** From a portal to a session: probe, record, login. */
import type { HostObject, Pending } from '../../attach/entry.js'
import type { Operation } from '../../attach/operation.js'
import type { IscsiConnection, SessionAuth } from '../../connection/types.js'
import { Window } from '../../core/deadline.js'
import { BrickworkError, isBrickworkError } from '../../core/errors.js'
import { formatPortal, type Portal } from '../../core/portal.js'
import { until } from '../../core/signal.js'
import { installation } from '../../linux/iscsi/installation.js'
import { loginError, SESSION_EXISTS, SUCCESS } from '../../linux/iscsi/iscsiadm.js'
import { formatTarget } from '../../linux/iscsi/record.js'
import { readSessions, type Session, samePortal } from '../../linux/iscsi/session.js'
import { whenTrue } from '../../linux/wait.js'
import { askForLogin } from './ask-iscsid.js'
import type { FailedPortals } from './failed-portals.js'
import { ifaceOf } from './ifaces.js'
import type { Logins } from './logins.js'
import { pendingLogin, portalLock, runningLock, sessionObject, type Target, text } from './objects.js'
import { prepareRecord } from './record.js'
import { settleLogin } from './settle.js'
import { tried } from './tries.js'

const PROBE_MS = 3000
const LONGEST_LOGIN_SEC = 15
/** iscsid tries a failed connection again after 3 s (ISCSI_CONN_ERR_REOPEN_DELAY), and ends at the first try past its window. */
export const REOPEN_SEC = 3
/** A session shows in sysfs before iscsid answers; more than this means that it went away again. */
const SHOWN_MS = 5000

/** Logs in, or takes the session that is there. `shareMs` is this portal's part of the time that is left. */
export async function reach(
  operation: Operation,
  logins: Logins,
  target: Target,
  auth: IscsiConnection['auth'],
  shareMs: number,
): Promise<Session> {
  const path = formatPortal(target.portal)
  const { probeable } = await ifaceOf(operation, target.iface)
  if (probeable && (await findSession(operation, target)) === undefined)
    await operation.step('probe', () => probeAndRemember(operation, logins.failedPortals, target.portal, shareMs), path)
  return await operation.step(
    'login',
    () => operation.locked(portalLock(target.iqn, target.portal), () => logInUnlessThere(operation, logins, target, auth, shareMs)),
    path,
  )
}

export async function findSession({ host, signal }: Operation, target: Omit<Target, 'lun'>): Promise<Session | undefined> {
  const sessions = await readSessions(host, signal)
  return sessions.find((each) => each.target === target.iqn && samePortal(each.portal, target.portal) && each.iface === target.iface)
}

async function probeAndRemember(operation: Operation, failedPortals: FailedPortals, portal: Portal, shareMs: number): Promise<void> {
  try {
    await probe(operation, portal, shareMs)
    failedPortals.reached(portal)
  } catch (error) {
    if (isBrickworkError(error, 'ERR_TARGET_UNREACHABLE')) failedPortals.failed(operation.host.clock, portal)
    throw error
  }
}

/** A TCP connect of our own: iscsid would try a dead portal for its whole window. */
export async function probe({ host, signal }: Operation, portal: Portal, shareMs: number): Promise<void> {
  const unreachable = (why: string, cause?: unknown) =>
    new BrickworkError('ERR_TARGET_UNREACHABLE', `Portal ${formatPortal(portal)} cannot be reached: ${why}`, {
      details: { portal: formatPortal(portal) },
      ...(cause === undefined ? {} : { cause }),
    })
  using window = new Window(host.clock, Math.min(PROBE_MS, shareMs), signal, `portal ${formatPortal(portal)}`)
  const outcome = await host.kernel.connect(portal.address, portal.port, window.signal).catch((error: unknown) => {
    signal.throwIfAborted()
    if (window.signal.aborted) throw unreachable('no answer', error)
    throw error
  })
  if (outcome.outcome === 'failed') throw unreachable(outcome.error)
}

async function logInUnlessThere(
  operation: Operation,
  logins: Logins,
  target: Target,
  auth: IscsiConnection['auth'],
  shareMs: number,
): Promise<Session> {
  const givenUp = await pendingOf(operation, target)
  for (const pending of givenUp) await settleLogin(operation, logins, pending, 'keep')
  const existing = await findSession(operation, target)
  // What a login of ours came to after it was given up is ours.
  if (existing !== undefined) return await take(operation, existing, givenUp.length > 0 ? 'made' : undefined)

  return await logInWith(operation, auth, (credentials) => logInAnew(operation, logins, target, credentials, shareMs))
}

async function logInAnew(
  operation: Operation,
  logins: Logins,
  target: Target,
  auth: SessionAuth | undefined,
  shareMs: number,
): Promise<Session> {
  const windowSec = Math.max(1, Math.min(LONGEST_LOGIN_SEC, Math.floor(Math.min(shareMs, operation.remainingMs) / 1000) - REOPEN_SEC))
  const record = await prepareRecord(operation, target, auth, windowSec)
  const pending = pendingLogin(target, record, operation.host.clock.wallMs() + (windowSec + REOPEN_SEC) * 1000)
  await operation.pend(pending)
  const made = await logIn(operation, logins, target, pending, windowSec, auth?.target !== undefined)
  await operation.settled(pending.key)
  return made
}
/** Once the caller has been asked for other secrets, the old ones are not tried any more: arrays lock accounts. */
async function logInWith(operation: Operation, auth: SessionAuth | undefined, run: (auth: SessionAuth | undefined) => Promise<Session>) {
  const { secrets, signal } = operation
  if (secrets?.asked === true) return await run(await secrets.get(signal))
  try {
    return await run(auth)
  } catch (error) {
    if (secrets === undefined || !isBrickworkError(error, 'ERR_AUTHENTICATION')) throw error
    operation.note('the credentials were refused: the caller is asked for others', { error: error.message })
    return await run(await secrets.get(signal, error))
  }
}

async function logIn(
  operation: Operation,
  logins: Logins,
  target: Target,
  pending: Pending,
  windowSec: number,
  asksBack: boolean,
): Promise<Session> {
  const { host, signal } = operation
  const { loginNeverAnswers } = await installation(host, signal)
  const { iqn, portal } = target
  const result = await tried(operation, () =>
    until(
      logins.start(pending.key, (never) =>
        whileRunning(operation, pending, never, () => askForLogin(operation, target, text(pending.data, 'path'), loginNeverAnswers, never)),
      ),
      signal,
    ),
  ).catch(async (error: unknown) => {
    if (!signal.aborted && logins.running(pending.key) === undefined) await operation.settled(pending.key)
    throw error
  })
  // Nothing of ours is on its way then: the session, or the login that is under way, is another program's.
  if (result.exitCode === SESSION_EXISTS) await operation.settled(pending.key)
  if (result.exitCode !== SUCCESS && result.exitCode !== SESSION_EXISTS) {
    await operation.settled(pending.key)
    throw loginError(formatTarget({ target: iqn, portal }), result, asksBack)
  }
  const patienceMs = loginNeverAnswers ? (windowSec + REOPEN_SEC) * 1000 : SHOWN_MS
  const session = await shown(operation, target, patienceMs)
  await operation.own(sessionObject(session, result.exitCode === SUCCESS ? 'made' : 'found'))
  return session
}

/** As long as this lock is held, the login has not ended, whatever its window says: a program may be slow to start. */
async function whileRunning<T>({ host, runDir }: Operation, { key }: Pending, signal: AbortSignal, run: () => Promise<T>): Promise<T> {
  const lock = await host.locks.take(`${runDir}/locks`, runningLock(key), signal)
  try {
    return await run()
  } finally {
    await lock.release()
  }
}

/** The session as sysfs has it, logged in. */
async function shown(operation: Operation, target: Target, patienceMs: number): Promise<Session> {
  const what = formatTarget({ target: target.iqn, portal: target.portal })
  using window = new Window(operation.host.clock, patienceMs, operation.signal, `session to ${what}`)
  try {
    return await whenTrue(operation.host, window.signal, async () => {
      const session = await findSession(operation, target)
      return session?.state === 'LOGGED_IN' ? session : undefined
    })
  } catch (error) {
    operation.signal.throwIfAborted()
    throw new BrickworkError('ERR_TARGET_UNREACHABLE', `The session to ${what} did not come up`, { cause: error })
  }
}

/** A session that somebody has: another attachment of ours, or another program. */
async function take(operation: Operation, session: Session, origin?: 'made'): Promise<Session> {
  if (session.state !== 'LOGGED_IN')
    throw new BrickworkError(
      'ERR_TARGET_UNREACHABLE',
      `Session ${session.id} to ${formatTarget(session)} has lost its connection (${session.state})`,
      {
        details: { session: session.id, state: session.state },
      },
    )
  const object = sessionObject(session, origin ?? (await operation.originOf(sessionObject(session, 'found').key)))
  const record = await recordOf(operation, session)
  const taken = record === undefined ? [object] : [object, record]
  // In one: who claims the session alone may be the last to use it, and knows of no record then.
  const others = operation.entry.objects.filter(({ key }) => !taken.some((each) => each.key === key))
  await operation.update({ objects: [...others, ...taken] })
  return session
}
/** The record goes with the session: whoever is the last to use the session takes both away. */
async function recordOf(operation: Operation, { target, portal, iface }: Session): Promise<HostObject | undefined> {
  const others = (await operation.claims.all()).flatMap(({ objects }) => objects)
  return others.find(({ kind, data }) => {
    return (
      kind === 'record' &&
      data['iqn'] === target &&
      data['address'] === portal.address &&
      data['port'] === portal.port &&
      data['iface'] === iface
    )
  })
}

/** Logins to the same portal that an operation gave up on, or died over, while iscsid had them in hand. */
async function pendingOf(operation: Operation, target: Target): Promise<Pending[]> {
  const key = pendingLogin(target, '', 0).key
  return (await operation.claims.all()).flatMap(({ pending }) => pending.filter((each) => each.key === key))
}
