/** From a nexus to a disk: scan exactly the LUN, find the device below the target. */
import { BrickworkError } from '../../core/errors.js'
import { readDisk, type ScsiDisk } from '../../linux/scsi/disk.js'
import { scanLun as scanAddress } from '../../linux/scsi/scan.js'
import { whenSeen } from '../../linux/wait.js'
import type { Operation } from '../../operation/operation.js'
import type { NamedPath, Nexus } from '../transport.js'
import { diskObject, lunLock } from './objects.js'

/** A disk that a path leads to. */
export interface ScannedDisk {
  readonly path: NamedPath
  readonly nexus: Nexus
  readonly disk: ScsiDisk
  /** This attach's own scan created it. */
  readonly fresh: boolean
  /** When that scan began, by the host's clock; `undefined` for a disk that was there before. */
  readonly sinceMs: number | undefined
}

/** `undefined` when the target shows no such LUN now. Owns the disk. */
export async function scanLun(operation: Operation, nexus: Nexus, path: NamedPath): Promise<ScannedDisk | undefined> {
  const { place, label } = nexus
  const { lun } = path
  // Not the target: it has as many events as it has LUNs. Nor all events of the device, which are a dozen.
  const key = `disk:${place.host}:${place.channel}:${place.id}:${lun}`
  using watch = await operation.host.events.watch([key])
  operation.udev.add([key])
  return await operation.locked(lunLock(nexus.key, lun), async () => {
    const scanNow = () => operation.progress.step('scan', () => scan(operation, nexus, lun), label)
    const scanned = await operation.inTurn('scsi-host', String(place.host), scanNow, { path: label })
    if (scanned === undefined) return undefined
    const disk = await operation.progress.step(
      'find',
      () =>
        whenSeen(watch, operation.signal, async () =>
          withBlock(await readDisk(operation.host, place.directory, lun, operation.signal), nexus),
        ),
      label,
    )
    const origin = scanned.fresh ? 'created' : await operation.claim.originOf(diskObject(nexus.key, lun, disk, 'found').key)
    await operation.claim.own(diskObject(nexus.key, lun, disk, origin))
    return { path, nexus, disk, ...scanned }
  })
}

async function scan(operation: Operation, nexus: Nexus, lun: bigint): Promise<Pick<ScannedDisk, 'fresh' | 'sinceMs'> | undefined> {
  const { host, signal } = operation
  const { place, guards, key } = nexus
  const sinceMs = host.clock.now()
  const before = await readDisk(host, place.directory, lun, signal)
  if (before !== undefined) {
    if (before.state === 'running') return { fresh: false, sinceMs: undefined }
    throw new BrickworkError('ERR_TARGET_UNREACHABLE', `LUN ${lun} of ${key} is there as ${before.hctl}, and it is ${before.state}`, {
      details: { hctl: before.hctl, state: before.state },
    })
  }
  const about = diskObject(key, lun, undefined, 'intended')
  await operation.claim.own(about)
  const { outcome } = await scanAddress(host, { ...place, lun }, guards, signal)
  if (outcome !== 'written') throw lost(nexus)
  if ((await readDisk(host, place.directory, lun, signal)) !== undefined) return { fresh: true, sinceMs }
  await operation.claim.disown(about.key)
  return undefined
}

/** The disk driver creates the block device some milliseconds after the scan. */
function withBlock(disk: ScsiDisk | undefined, nexus: Nexus): ScsiDisk | undefined {
  if (disk === undefined) throw lost(nexus)
  return disk.block === undefined ? undefined : disk
}
function lost({ key, label }: Nexus): BrickworkError {
  return new BrickworkError('ERR_TARGET_UNREACHABLE', `The scan at ${label} found nothing to scan: ${key} went away`, {
    details: { nexus: key, path: label },
  })
}
