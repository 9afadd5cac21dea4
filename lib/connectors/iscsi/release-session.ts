import type { Entry, HostObject } from '../../operation/entry.js'
import type { Operation } from '../../operation/operation.js'
import { BrickworkError, isBrickworkError } from '../../core/errors.js'
import { formatTarget } from '../../linux/iscsi/record.js'
import { placeOfSession, type Session } from '../../linux/iscsi/session.js'
import { isHalfThere, readDisks, type ScsiDisk } from '../../linux/scsi/disk.js'
import { isOfTarget } from '../../linux/scsi/lun-kind.js'
import { whenSeen } from '../../linux/wait.js'
import { isInterrupted } from '../../scsi/disk/interrupted-scan.js'
import { requireUnitUnused } from '../../scsi/disk/unit-users.js'
import { logOut, sessionOf } from './logout.js'
import { endingSession, endpointIn, isEnding, loginKey, portalLock, scannedBy, sessionKey } from './objects.js'
import { DISK, diskObject, nexusKeyOf } from '../../scsi/disk/objects.js'
import { number, text } from '../../operation/object-data.js'
import { findSession } from './find-session.js'
import { removeRecord } from './node-record.js'
import type { ReleaseReport } from '../../operation/release-report.js'

/**
 * Logs out, or keeps the session if it is in use. The claim on a kept session stays while an interrupted scan may still add a disk of this
 * attachment: the other user may detach first, and then this attachment must log out.
 */
export async function releaseSession(operation: Operation, object: HostObject, report: ReleaseReport): Promise<void> {
  const { iqn, portal } = endpointIn(object.data)
  await operation.locked(portalLock(iqn, portal), () => endSession(operation, object, report))
}

/** As {@link releaseSession}. The caller holds the portal's lock. `clearBy`: the key for `claim.unclear()`. */
export async function endSession(operation: Operation, object: HostObject, report: ReleaseReport, clearBy = object.key): Promise<void> {
  const id = number(object.data, 'session')
  const { iqn, portal } = endpointIn(object.data)
  const what = `session ${id} to ${formatTarget({ target: iqn, portal })}`
  const session = await sessionOf(operation, { id, target: iqn })
  const known = session === undefined ? undefined : await reasonToKeep(operation, object, session)
  const reason = known ?? (session === undefined ? undefined : operation.claim.unclear(clearBy)?.message)
  if (reason !== undefined && awaitsDisk(operation.claim.entry, object.key)) return
  if (reason !== undefined) report.keep(what, withAdvice(reason, id))
  else {
    if (session !== undefined) operation.claim.requireOurs(object)
    // iscsid goes on with a logout whose caller has died or given up. From now on no attach takes the session.
    if (session !== undefined) await operation.claim.own(endingSession(object))
    if (session !== undefined) await operation.progress.step('logout', () => logOut(operation, session))
    report.check(`${what} is gone from the kernel`)
  }
  if (operation.claim.entry.objects.some(({ key }) => key === object.key)) await operation.claim.disown(object.key)
}

/**
 * Ends a session whose logout an attachment has begun and not finished. Nobody can tell whether iscsid still works on that logout. Returns
 * `false` when no claim names such a logout. The caller holds the portal's lock, under which `claims` were read.
 * @throws `ERR_TARGET_UNREACHABLE` when other disks have come to the session since.
 */
export async function finishLogout(operation: Operation, claims: readonly Entry[], session: Session): Promise<boolean> {
  const key = sessionKey(session.id)
  const ending = claims.filter(({ objects }) => objects.some((object) => object.key === key && isEnding(object)))
  if (ending.length === 0) return false
  const carried = await carriedBy(operation, session, (lun) => ending.some((entry) => isLate(entry, session, lun)))
  if (carried !== undefined) {
    const message = `Session ${session.id} to ${formatTarget(session)} is being ended, and carries ${carried}: remove these disks or wait until they are gone, then try again`
    throw new BrickworkError('ERR_TARGET_UNREACHABLE', message, { details: { session: session.id } })
  }
  await logOut(operation, session)
  return true
}

function awaitsDisk({ objects }: Entry, session: string): boolean {
  return objects.some((object) => object.kind === DISK && isInterrupted(object) && nexusKeyOf(object) === session)
}

async function reasonToKeep(operation: Operation, object: HostObject, session: Session): Promise<string | undefined> {
  const login = loginKey(endpointIn(object.data))
  const others = await operation.claim.othersOf([object.key, login])
  // Who is ending the session does not use it, and may have given up.
  if (others.some(({ objects }) => objects.some((other) => other.key === object.key && !isEnding(other))))
    return 'another attachment uses it'
  if (others.some(({ pending }) => pending.some((other) => other.key === login && scannedBy(other) !== undefined)))
    return 'it may have come of the login of another attachment that is not resolved yet'
  if (object.origin === 'found') return 'it existed before the volume was attached'
  const carried = await carriedBy(operation, session, (lun) => isLate(operation.claim.entry, session, lun))
  return carried === undefined ? undefined : `it carries ${carried}`
}

function withAdvice(reason: string, session: number): string {
  return reason.startsWith('it carries') ? `${reason}. When no program needs them: iscsiadm -m session -r ${session} -u` : reason
}

/**
 * Disks that are being removed, by any program, are waited for: they have no user, and their last writes go through this session. A
 * controller or an enclosure is part of the target, and counts only while a program has it open.
 * @param isOurs whether the unit at a LUN may be removed with the session. Default: none may.
 * @returns a description of other users' devices on the session; `undefined` when there are none.
 */
export async function carriedBy(
  operation: Operation,
  { id }: Session,
  isOurs: (lun: bigint) => boolean = () => false,
): Promise<string | undefined> {
  const { host, signal } = operation
  using watch = await host.events.watch(['subsystem:scsi'])
  const carried = await whenSeen(watch, signal, async () => {
    const place = await placeOfSession(host, id)
    const all = place === undefined ? [] : await readDisks(host, place.directory, signal)
    return all.some(isHalfThere) ? undefined : all.filter(({ lun }) => !isOurs(lun))
  })
  const disks = carried.filter((each) => !isOfTarget(each))
  if (disks.length > 0) return `other disks: ${disks.map(({ hctl, block }) => block?.name ?? hctl).join(', ')}`
  for (const unit of carried) {
    const error = await usersOfUnit(operation, unit)
    if (error !== undefined) return `a device that is not a disk: ${error.message}`
  }
  return undefined
}
async function usersOfUnit(operation: Operation, unit: ScsiDisk): Promise<BrickworkError | undefined> {
  try {
    await requireUnitUnused(operation, unit, { force: false })
    return undefined
  } catch (error) {
    if (isBrickworkError(error, 'ERR_HELD')) return error
    throw error
  }
}

/** Whether an interrupted scan of this attachment has added the disk since. Such a disk is removed with the session. */
function isLate({ objects }: Entry, session: Session, lun: bigint): boolean {
  return objects.some(
    (object) => object.key === diskObject(sessionKey(session.id), lun, undefined, 'intended').key && isInterrupted(object),
  )
}

export async function releaseRecord(operation: Operation, object: HostObject, report: ReleaseReport): Promise<void> {
  const target = endpointIn(object.data)
  const path = text(object.data, 'path')
  const what = `node record ${path}`
  await operation.locked(portalLock(target.iqn, target.portal), async () => {
    const reason = await reasonToKeepRecord(operation, object)
    if (reason === undefined) operation.claim.requireOurs(object)
    if (reason !== undefined) report.keep(what, reason)
    else {
      await operation.progress.step('delete-record', () => removeRecord(operation, path))
      report.check(`${what} is gone`)
    }
    // A login in progress still needs its record. Resolving the login removes the record.
    if (!operation.claim.entry.pending.some(({ data }) => data['path'] === path)) await operation.claim.disown(object.key)
  })
}

async function reasonToKeepRecord(operation: Operation, object: HostObject): Promise<string | undefined> {
  const target = endpointIn(object.data)
  if ((await operation.claim.others(object.key)).length > 0) return 'another attachment uses it'
  if (object.origin === 'found') return 'another program created it'
  if (operation.claim.entry.pending.some(({ data }) => data['path'] === object.data['path'])) return 'a login through it is in progress'
  if ((await findSession(operation, target)) !== undefined) return 'its session is in use'
  return operation.claim.unclear(object.key)?.message
}
