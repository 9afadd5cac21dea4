/** Resolves logins that were abandoned while iscsid worked on them. Such a login may still succeed seconds later. */
import type { Pending } from '../../operation/entry.js'
import type { Operation } from '../../operation/operation.js'
import type { Clock } from '../../core/host.js'
import { LinkedSignal, NOT_NEEDED } from '../../core/signal.js'
import { installation } from '../../linux/iscsi/installation.js'
import { SESSION_EXISTS } from '../../linux/iscsi/iscsiadm.js'
import { ifaceIn, isOurs, recordsOf } from '../../linux/iscsi/record.js'
import { LOGGED_IN, placeOfSession, type Session } from '../../linux/iscsi/session.js'
import { readDisk } from '../../linux/scsi/disk.js'
import { whenTrue } from '../../linux/wait.js'
import { text } from '../../operation/object-data.js'
import { ReleaseReport } from '../../operation/release-report.js'
import { findSession } from './find-session.js'
import type { LoginRegistry } from './login-registry.js'
import { diskObject } from '../../scsi/disk/objects.js'
import { type Endpoint, endpointIn, runningLock, scannedBy, sessionObject } from './objects.js'
import { carriedBy, endSession, finishLogout } from './release-session.js'

/** A lock that is not granted within this time is held by another process. */
const HELD_MS = 1000

/** The result of a pending login. */
export interface ResolvedLogin {
  readonly session: Session
  /** The session came up while the login was pending, or through a record of Brickwork. Otherwise another program logged in since. */
  readonly ours: boolean
}

/**
 * Waits until the login has ended: its session is logged in, or the login that this process started has returned, or its window is over and
 * no living process waits for it. The caller holds the portal's lock.
 */
export async function awaitPendingLogin(operation: Operation, logins: LoginRegistry, pending: Pending): Promise<ResolvedLogin | undefined> {
  return await operation.waiter.waiting(operation.waitFor(runningLock(pending.key)), () => whenEnded(operation, logins, pending))
}
async function whenEnded(operation: Operation, logins: LoginRegistry, pending: Pending): Promise<ResolvedLogin | undefined> {
  const { host, signal } = operation
  const place = endpointIn(pending.data)
  const own: { ended: boolean; exitCode?: number | null } = { ended: false }
  const login = logins.running(pending.key)
  login?.then(
    ({ exitCode }) => {
      own.exitCode = exitCode
      own.ended = true
    },
    () => {
      own.ended = true
    },
  )
  if (login === undefined && (await isUnbegun(operation, pending))) return undefined
  const running = new RunningElsewhere(operation, pending)
  return await whenTrue<{ readonly found: ResolvedLogin | undefined }>(host, signal, async () => {
    const isInWindow = host.clock.wallMs() < pending.untilMs
    const over = own.ended || (running.over && !isInWindow)
    const session = await findSession(operation, place)
    const mayDecide = over || (session?.state === 'LOGGED_IN' && (login !== undefined || isInWindow || running.isHeld))
    if (!mayDecide) return undefined
    if (session === undefined) return { found: undefined }
    const cameUpThen = login === undefined ? isInWindow || running.isHeld : own.exitCode !== SESSION_EXISTS
    const through = await whoseRecord(operation, place, text(pending.data, 'path'))
    return { found: { session, ours: through === 'ours' || (cameUpThen && through !== 'foreign') } }
  })
    .then(({ found }) => found)
    .finally(() => running.leave())
}

/**
 * Waits as {@link awaitPendingLogin} does. A session of this login becomes an object of the attachment, with the disk that may have been
 * scanned on it, so that a release removes both. Without a scan, logs out. Keeps a session that an attachment uses, that another program
 * created, or that has its disks.
 */
export async function undoPendingLogin(operation: Operation, logins: LoginRegistry, pending: Pending): Promise<void> {
  const result = await awaitPendingLogin(operation, logins, pending)
  if (result !== undefined) await takeBack(operation, pending, result)
  // Under the lock of the portal: until then others leave the session to this attachment.
  await operation.claim.resolved(pending.key)
}
async function takeBack(operation: Operation, pending: Pending, result: ResolvedLogin): Promise<void> {
  const object = sessionObject(result.session, result.ours ? 'created' : 'found')
  // The release of the attachment also releases this session.
  if (operation.claim.entry.objects.some(({ key }) => key === object.key)) return
  const lun = result.ours ? scannedBy(pending) : undefined
  if (lun !== undefined && (await mayHaveDisk(operation, result.session, lun))) {
    // Another attachment may have begun to end the session.
    if (await finishLogout(operation, await operation.claims.about(object.key), result.session)) return
    await operation.claim.record({ own: [object, diskObject(object.key, lun, undefined, 'intended')], begun: [], resolved: pending.key })
    return
  }
  const report = new ReleaseReport()
  await endSession(operation, object, report, pending.key)
  for (const { what, reason } of report.kept) operation.progress.mention('the session of an abandoned login is kept', { what, reason })
}

/**
 * Whether the process died before it asked for the login. The claim names the login before its record exists, and nobody has had the lock
 * under which it is asked for: a lock file stays. The record alone shows nothing, since somebody may have deleted it by hand.
 */
async function isUnbegun({ host, runDir }: Operation, { key, data }: Pending): Promise<boolean> {
  if ((await host.files.stat(text(data, 'path'))) !== undefined) return false
  return (await host.locks.seen(`${runDir}/locks`, runningLock(key))).note === undefined
}

/** A session that is not logged in is perhaps that of a login which is still going on. */
async function mayHaveDisk({ host, signal }: Operation, { id, state }: Session, lun: bigint): Promise<boolean> {
  if (state === LOGGED_IN) return true
  const place = await placeOfSession(host, id)
  return place !== undefined && (await readDisk(host, place.directory, lun, signal)) !== undefined
}

/** Whether the session has no disks of other programs. Brickwork has scanned no more than these LUNs on it. */
export async function isEmpty(operation: Operation, session: Session, luns: readonly bigint[]): Promise<boolean> {
  return (await carriedBy(operation, session, (lun) => luns.includes(lun))) === undefined
}

/**
 * Another program needs its own record to log in, unless it uses Brickwork's.
 * @param own path of the record of the pending login, which may also be another program's. Without it, any other record is foreign.
 */
async function whoseRecord(
  { host, signal }: Operation,
  { iqn, portal, iface }: Endpoint,
  own: string,
): Promise<'ours' | 'foreign' | undefined> {
  const { databaseRoot } = await installation(host, signal)
  const all = await Promise.all(
    (await recordsOf(host, databaseRoot, iqn, portal)).map(async (path) => ({ path, content: (await host.files.read(path)) ?? '' })),
  )
  const records = all.filter(({ content }) => ifaceIn(content) === iface)
  if (records.length === 0) return undefined
  if (records.every(({ content }) => isOurs(content))) return 'ours'
  return records.some(({ path }) => path === own) ? undefined : 'foreign'
}

/** Whether any process, this one included, still asks iscsid for the login. */
class RunningElsewhere {
  readonly #notNeeded = new LinkedSignal()
  readonly #waiting: Promise<void>
  readonly #clock: Clock
  readonly #from: number
  over = false

  constructor({ host, runDir, user }: Operation, { key }: Pending) {
    this.#clock = host.clock
    this.#from = host.clock.now()
    this.#waiting = host.locks
      .take(`${runDir}/locks`, runningLock(key), this.#notNeeded.signal, user)
      .then(async (lock) => {
        this.over = true
        await lock.release()
      })
      .catch((error: unknown) => {
        if (!this.#notNeeded.signal.aborted) throw error
      })
    this.#waiting.catch(() => undefined) // leave() throws it
  }
  /** A free lock is granted at once. */
  get isHeld(): boolean {
    return !this.over && this.#clock.now() >= this.#from + HELD_MS
  }
  async leave(): Promise<void> {
    this.#notNeeded.abort(NOT_NEEDED)
    await this.#waiting
  }
}
