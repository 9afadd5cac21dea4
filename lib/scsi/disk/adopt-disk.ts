/** A disk that the kernel's own scan has brought before any attach: taken over when nobody uses it, so that the last detach removes it. */
import { readBlockDevice } from '../../linux/block/device.js'
import { mapOver } from '../../linux/multipath/map.js'
import { usersOf } from '../../operation/device-users.js'
import { verifyIdentity } from '../../operation/identity.js'
import type { Operation } from '../../operation/operation.js'
import type { Expected } from '../../api/attachment.js'
import type { Transport } from '../transport.js'
import { diskAt, isSameDisk } from './disk-of.js'
import { scsiIdentity } from './identity.js'
import { diskObject, lunLock } from './objects.js'
import type { ScannedDisk } from './scan-lun.js'

/**
 * Makes a found disk of the operation an adopted one, if the transport adopts disks, the disk itself shows that it is the volume, and nobody uses
 * it or the map over it. A disk in use stays `found`. @throws `ERR_IDENTITY_…` when the disk shows another volume by now.
 */
export async function adoptUnused(
  operation: Operation,
  transport: Transport,
  { nexus, path, disk }: ScannedDisk,
  expected: Expected,
): Promise<void> {
  const { key } = diskObject(nexus.key, path.lun, disk, 'found')
  const recorded = operation.claim.entry.objects.find((object) => object.key === key)
  if (transport.adopts !== true || recorded?.origin !== 'found') return
  await operation.locked(lunLock(nexus.key, path.lun), async () => {
    const now = await diskAt(operation, transport, nexus.key, path.lun)
    if (now?.block === undefined || !isSameDisk(recorded, now)) return
    const { host, signal } = operation
    const map = await mapOver(host, now.block.name, signal)
    const top = map?.block ?? (await readBlockDevice(host, now.block.name, signal))
    const use = top === undefined ? undefined : await usersOf(operation, top)
    if (use !== undefined) {
      operation.progress.note('a disk that was there before is in use: it stays after the detach', { disk: now.block.name, error: use })
      return
    }
    const { vpd80, vpd83, sg } = now
    await verifyIdentity(operation, scsiIdentity({ ...now.block, vpd80, vpd83, sg }), false, expected)
    await operation.claim.own(diskObject(nexus.key, path.lun, now, 'adopted'))
  })
}
