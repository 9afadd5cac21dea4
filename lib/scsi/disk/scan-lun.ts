/** From a session to a disk: scan exactly the LUN, find the device below the session. */
import type { Operation } from '../../operation/operation.js'
import { BrickworkError } from '../../core/errors.js'
import { formatPortal } from '../../core/portal.js'
import { placeOfSession, type Session, type SessionPlace } from '../../linux/iscsi/session.js'
import { readDisk, type ScsiDisk } from '../../linux/scsi/disk.js'
import { scanLun } from '../../linux/scsi/scan.js'
import { whenSeen } from '../../linux/wait.js'
import { diskObject, lunLock } from './objects.js'

/** A disk, and whether this attach's own scan brought it in. */
export interface Exposed {
  readonly session: Session
  readonly disk: ScsiDisk
  readonly fresh: boolean
}

/** `undefined` when the target shows no such LUN now. Owns the disk. */
export async function expose(operation: Operation, session: Session, lun: bigint): Promise<Exposed | undefined> {
  const path = formatPortal(session.portal)
  const place = await placeOfSession(operation.host, session.id)
  if (place === undefined) throw lost(session)
  // Not the session: it has as many events as it has LUNs. Nor all of the device, which are a dozen.
  using watch = await operation.host.events.watch([`disk:${hctlOf(place, lun)}`])
  return await operation.locked(lunLock(session.id, lun), async () => {
    const scanNow = () => operation.step('scan', () => scan(operation, session, place, lun), path)
    const scanned = await operation.inTurn('scsi-host', String(place.hostNumber), scanNow, { path })
    if (scanned === undefined) return undefined
    const disk = await operation.step(
      'find',
      () =>
        whenSeen(watch, operation.signal, async () =>
          withBlock(await readDisk(operation.host, place.directory, lun, operation.signal), session),
        ),
      path,
    )
    const origin = scanned.fresh ? 'made' : await operation.originOf(diskObject(session.id, lun, disk, 'found').key)
    await operation.own(diskObject(session.id, lun, disk, origin))
    return { session, disk, fresh: scanned.fresh }
  })
}

async function scan(operation: Operation, session: Session, place: SessionPlace, lun: bigint): Promise<{ fresh: boolean } | undefined> {
  const before = await readDisk(operation.host, place.directory, lun, operation.signal)
  if (before !== undefined) {
    if (before.state === 'running') return { fresh: false }
    throw new BrickworkError(
      'ERR_TARGET_UNREACHABLE',
      `LUN ${lun} of session ${session.id} is there as ${before.hctl}, and it is ${before.state}`,
      {
        details: { hctl: before.hctl, state: before.state },
      },
    )
  }
  const about = diskObject(session.id, lun, undefined, 'making')
  await operation.own(about)
  const { outcome } = await scanLun(operation.host, session, place, lun, operation.signal)
  if (outcome !== 'written') throw lost(session)
  if ((await readDisk(operation.host, place.directory, lun, operation.signal)) !== undefined) return { fresh: true }
  await operation.disown(about.key)
  return undefined
}

/** Each session is a SCSI host of its own, and the kernel knows the LUN by its number. */
const hctlOf = ({ hostNumber }: SessionPlace, lun: bigint) => `${hostNumber}:0:0:${lun}`

/** The disk driver makes the block device some milliseconds after the scan. */
function withBlock(disk: ScsiDisk | undefined, session: Session): ScsiDisk | undefined {
  if (disk === undefined) throw lost(session)
  return disk.block === undefined ? undefined : disk
}
function lost(session: Session): BrickworkError {
  return new BrickworkError('ERR_TARGET_UNREACHABLE', `Session ${session.id} went away during the scan`, {
    details: { session: session.id },
  })
}
