/** Creates a session: writes a record, logs in, and evaluates iscsid's answer. The caller holds the portal's lock. */
import type { Entry, HostObject, Pending } from '../../operation/entry.js'
import type { Changes } from '../../operation/entry-writer.js'
import type { Operation } from '../../operation/operation.js'
import type { IscsiConnection, SessionAuth } from '../../api/connection.js'
import { Window } from '../../core/deadline.js'
import { BrickworkError, isBrickworkError } from '../../core/errors.js'
import { formatPortal } from '../../core/portal.js'
import { until } from '../../core/signal.js'
import { installation } from '../../linux/iscsi/installation.js'
import { leavesLoginOpen, loginError, SESSION_EXISTS, SUCCESS } from '../../linux/iscsi/iscsiadm.js'
import { formatTarget } from '../../linux/iscsi/record.js'
import type { Session } from '../../linux/iscsi/session.js'
import { whenTrue } from '../../linux/wait.js'
import { askForLogin } from './iscsid-client.js'
import { inEitherDatabase } from './either-database.js'
import { findSession } from './find-session.js'
import type { IscsiPath } from './named-paths.js'
import type { LoginRegistry } from './login-registry.js'
import { loginKey, pendingLogin, runningLock, scannedBy, sessionObject, type Endpoint } from './objects.js'
import { text } from '../../operation/object-data.js'
import { prepareRecord, recordUsed } from './node-record.js'
import { awaitPendingLogin, isEmpty } from './pending-login.js'
import { finishLogout } from './release-session.js'
import { endOfLogin, inQueue, inTime, REOPEN_SEC, type LoginWindow, windowSecOf } from './login-window.js'
import { retryIscsiadm } from './iscsiadm-retry.js'

/** sysfs shows a session before iscsid answers. If the session doesn't appear within this time, it is gone again. */
const SHOWN_MS = 5000

/** The state of a portal, read under its lock: no other attachment changes it while the lock is held. */
export interface Known {
  /** The session of an abandoned login of Brickwork, if no other program uses it. */
  readonly resolved: number | undefined
  /** That session, used or not, and the LUNs that its login scanned. */
  readonly inherited: { readonly session: number; readonly luns: readonly bigint[] } | undefined
  /** Claims that name the target. */
  readonly claims: readonly Entry[]
}

/** A session to use. */
export interface LoggedIn {
  readonly session: Session
  /** This login has created the session, and recorded nothing yet but that it is pending: this is to be recorded. */
  readonly created?: Changes
  /** As the nexus has it. */
  readonly inherited?: readonly bigint[]
}
/** `scans`: the caller scans this LUN on a new session before it records the session. */
export type LoginTarget = IscsiPath & { readonly scans: bigint | undefined }

/** Waits for logins to the same portal that were abandoned while iscsid worked on them. */
export async function resolveGivenUp(operation: Operation, logins: LoginRegistry, target: Endpoint): Promise<Known> {
  const claims = await operation.claims.about(target.iqn)
  const { key } = pendingLogin(target, '', 0)
  const givenUp = claims.flatMap(({ pending }) => pending.filter((each) => each.key === key))
  if (givenUp.length === 0) return { resolved: undefined, inherited: undefined, claims }
  let ours: Session | undefined
  const luns = givenUp.flatMap((pending) => scannedBy(pending) ?? [])
  let inherited: number | undefined
  for (const pending of givenUp) {
    const result = await awaitPendingLogin(operation, logins, pending)
    if (result?.ours === true) inherited = result.session.id
    if (result?.ours === true && (await isEmpty(operation, result.session, luns))) ours = result.session
  }
  return {
    resolved: ours?.id,
    inherited: inherited === undefined ? undefined : { session: inherited, luns },
    claims: await operation.claims.about(target.iqn),
  }
}

export async function logInUnlessThere(
  operation: Operation,
  logins: LoginRegistry,
  target: LoginTarget,
  auth: IscsiConnection['auth'],
  share: LoginWindow,
  known: Known,
): Promise<LoggedIn> {
  const existing = await findSession(operation, target)
  // The session of an abandoned login of Brickwork counts as created by Brickwork.
  if (existing !== undefined && !(await finishLogout(operation, known.claims, existing))) {
    const session = await take(operation, existing, known)
    logins.succeeded(target)
    return known.inherited?.session === session.id ? { session, inherited: known.inherited.luns } : { session }
  }

  const failure = logins.failureSince(target, share.askedAt, windowSecOf(operation, share))
  if (failure !== undefined) throw failure
  const path = formatPortal(target.portal)
  const lingering = () => logins.running(loginKey(target))
  return await logInWith(operation, auth, share, (credentials, part) =>
    inQueue(operation, target, part, (queue, begin) => {
      const run = () =>
        begin(() =>
          inEitherDatabase(operation, target, () => logInWithRecord(operation, logins, target, credentials, windowSecOf(operation, part))),
        )
      return queue.inTurn('portal', path, run, { path, lingering })
    }),
  )
}

async function logInWithRecord(
  operation: Operation,
  logins: LoginRegistry,
  target: LoginTarget,
  auth: SessionAuth | undefined,
  windowSec: number,
): Promise<LoggedIn> {
  const untilMs = endOfLogin(operation, windowSec)
  const pending = await prepareRecord(operation, target, auth, windowSec, (path) => pendingLogin(target, path, untilMs, target.scans))
  const made = await logIn(operation, logins, target, pending, windowSec, auth?.target !== undefined).catch((error: unknown) => {
    logins.failed(operation.host.clock, target, windowSec, error)
    throw error
  })
  logins.succeeded(target)
  return made
}
/** Once the caller has been asked for new secrets, the old ones are not tried again: arrays lock accounts after failures. */
async function logInWith(
  operation: Operation,
  auth: SessionAuth | undefined,
  share: LoginWindow,
  run: (auth: SessionAuth | undefined, share: LoginWindow) => Promise<LoggedIn>,
) {
  const { secrets, signal, host } = operation
  // The caller may have needed a long time to find them.
  const anew = () => ({ ...share, endsAt: Math.max(share.endsAt, host.clock.now() + operation.remainingMs / 2) })
  if (secrets?.asked === true) return await run(await secrets.get(signal), anew())
  try {
    return await run(auth, share)
  } catch (error) {
    if (secrets === undefined || !isBrickworkError(error, 'ERR_AUTHENTICATION')) throw error
    operation.progress.note('the credentials were refused: asking the caller for new ones', { error: error.message })
    return await run(await secrets.get(signal, error), anew())
  }
}

async function logIn(
  operation: Operation,
  logins: LoginRegistry,
  target: LoginTarget,
  pending: Pending,
  windowSec: number,
  asksBack: boolean,
): Promise<LoggedIn> {
  const { host, signal } = operation
  const { loginNeverAnswers } = await installation(host, signal)
  const { iqn, portal } = target
  const result = await retryIscsiadm(operation, () =>
    until(
      logins.start(pending.key, (never) =>
        whileRunning(operation, pending, never, () => {
          const begin = () => inTime(operation, pending, windowSec, signal)
          return askForLogin(operation, target, text(pending.data, 'path'), loginNeverAnswers, begin, never)
        }),
      ),
      signal,
    ),
  ).catch(async (error: unknown) => {
    if (!signal.aborted && logins.running(pending.key) === undefined) await operation.claim.resolved(pending.key)
    throw error
  })
  // Then this login created nothing: the session, or the login in progress, belongs to another program.
  if (result.exitCode === SESSION_EXISTS) await operation.claim.resolved(pending.key)
  if (result.exitCode !== SUCCESS && result.exitCode !== SESSION_EXISTS) {
    // This iscsid or the next one may still finish the login. It is resolved later.
    if (!leavesLoginOpen(result)) await operation.claim.resolved(pending.key)
    throw loginError(formatTarget({ target: iqn, portal }), result, asksBack)
  }
  const patienceMs = loginNeverAnswers ? (windowSec + REOPEN_SEC) * 1000 : SHOWN_MS
  const session = await shown(operation, target, patienceMs)
  if (result.exitCode === SESSION_EXISTS)
    operation.progress.mention('another program created the session: it is used and kept', {
      session: session.id,
      stdout: result.stdout,
      stderr: result.stderr,
    })
  const isOurs = result.exitCode === SUCCESS
  const object = sessionObject(session, isOurs ? 'created' : 'found')
  const records = recordUsed(operation.claim.entry.objects, text(pending.data, 'path'))
  const changes = { own: [...records, object], begun: isOurs ? [object.key] : [], resolved: pending.key }
  // Until then the pending login stands for the session. After its window, only a record of Brickwork shows whose session it is.
  if (isOurs && target.scans !== undefined && records.some(({ origin }) => origin === 'created')) return { session, created: changes }
  await operation.claim.record(changes)
  return { session }
}

/** While this lock is held, the login has not ended, even if its window is over: a program may start slowly. */
async function whileRunning<T>(operation: Operation, { key }: Pending, signal: AbortSignal, run: () => Promise<T>): Promise<T> {
  const lock = await operation.lock(runningLock(key), signal)
  try {
    return await run()
  } finally {
    await lock.release()
  }
}

/** Waits until sysfs shows the session as logged in. */
async function shown(operation: Operation, target: Endpoint, patienceMs: number): Promise<Session> {
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

/** Uses a session of another attachment or of another program. */
async function take(operation: Operation, session: Session, { resolved, claims }: Known): Promise<Session> {
  if (session.state !== 'LOGGED_IN')
    throw new BrickworkError(
      'ERR_TARGET_UNREACHABLE',
      `Session ${session.id} to ${formatTarget(session)} has lost its connection (${session.state})`,
      {
        details: { session: session.id, state: session.state },
      },
    )
  const { key } = sessionObject(session, 'found')
  const object = sessionObject(session, resolved === session.id ? 'created' : operation.claim.originAmong(claims, key))
  if (object.origin === 'found')
    operation.progress.mention('a session created by another program is used and kept', { session: session.id })
  const record = recordOf(claims, session)
  const taken = record === undefined ? [object] : [object, record]
  // Claim both in one update. An attachment that claimed only the session, and was its last user, would leave the record behind.
  const others = operation.claim.entry.objects.filter((mine) => !taken.some((each) => each.key === mine.key))
  await operation.claim.update({ objects: [...others, ...taken] })
  return session
}
/** The record of the session. It is claimed with the session, so that the last user of the session removes both. */
function recordOf(claims: readonly Entry[], { target, portal, iface }: Session): HostObject | undefined {
  const isMeant = ({ kind, data }: HostObject) =>
    kind === 'record' &&
    data['iqn'] === target &&
    data['address'] === portal.address &&
    data['port'] === portal.port &&
    data['iface'] === iface
  for (const { objects } of claims) {
    const record = objects.find(isMeant)
    if (record !== undefined) return record
  }
  return undefined
}
