/** Adopts a disk that the kernel's own scan found before any attach, if nobody uses it. The last detach then removes it. */
import { readBlockDevice } from '../../linux/block/device.js'
import { mapOver, type MultipathMap } from '../../linux/multipath/map.js'
import { usersOf } from '../../operation/device-users.js'
import { verifyIdentity } from '../../operation/identity.js'
import type { HostObject } from '../../operation/entry.js'
import type { Operation } from '../../operation/operation.js'
import type { Expected } from '../../api/attachment.js'
import type { BrickworkError } from '../../core/errors.js'
import type { Transport } from '../transport.js'
import { diskAt, isSameDisk } from './disk-of.js'
import { scsiIdentity } from './identity.js'
import { DISK, diskObject, lunLock } from './objects.js'
import type { ScannedDisk } from './scan-lun.js'

/**
 * Changes the origin of a disk from `found` to `adopted`, if the transport adopts disks, the disk itself shows that it is the volume, and
 * nobody uses the disk or the map over it. A disk in use stays `found`. So does a disk that was in use when an earlier attachment found it.
 * @throws `ERR_IDENTITY_…` when the disk now shows another volume, or does not show which one it is.
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
    if (now?.block === undefined || !isSameDisk(transport, recorded, now)) return
    // Another attach may have adopted it since this one found it.
    const origin = await operation.claim.originOf(key)
    if (origin === 'found' && (await staysFound(operation, recorded, now.block.name))) return
    const { vpd80, vpd83, sg } = now
    await verifyIdentity(operation, scsiIdentity({ ...now.block, vpd80, vpd83, sg }), false, expected)
    await operation.claim.own(diskObject(nexus.key, path.lun, now, origin === 'found' ? 'adopted' : origin))
  })
}

async function staysFound(operation: Operation, disk: HostObject, name: string): Promise<boolean> {
  const { owner, id } = operation.claim.entry
  const others = (await operation.claims.about(disk.key)).filter((each) => each.owner !== owner || each.id !== id)
  // An attachment that left the disk `found` saw that it was in use: otherwise it would have adopted the disk.
  if (others.some(({ state }) => state === 'attached') || operation.claim.unclear(disk.key) !== undefined) return true
  const use = await useOf(operation, disk, name)
  if (use !== undefined) operation.progress.note('an existing disk is in use: a detach will not remove it', { disk: name, error: use })
  return use !== undefined
}

/** The users of the disk as an error: users of the map over it, of the disk itself, or of another path of that map. */
async function useOf(operation: Operation, disk: HostObject, name: string): Promise<BrickworkError | undefined> {
  const { host, signal } = operation
  const map = await mapOver(host, name, signal)
  const mapUse = map === undefined || (await isClaimed(operation, disk, map)) ? undefined : await usersOf(operation, map.block)
  if (mapUse !== undefined) return mapUse
  for (const path of map?.slaves ?? [name]) {
    const device = await readBlockDevice(host, path, signal)
    if (device === undefined) continue
    const holders = device.holders.filter((holder) => holder !== map?.block.name)
    const use = await usersOf(operation, { ...device, holders })
    if (use !== undefined) return use
  }
  return undefined
}

/** Whether an attachment has created or adopted a path of this map. A program that uses the map then uses that attachment. */
async function isClaimed({ claim, claims }: Operation, { common = [] }: HostObject, { slaves }: MultipathMap): Promise<boolean> {
  return [claim.entry, ...(await claims.aboutAny(common))].some(({ objects }) =>
    objects.some(({ kind, origin, data }) => kind === DISK && origin !== 'found' && slaves.includes(String(data['name']))),
  )
}
