/**
 * Disks of an attached volume that the attachment does not know: the kernel finds them at ports that came up after the attach, and at
 * ports that the connection does not name. multipathd adds them to the map.
 */
import { readBlockDevice } from '../../linux/block/device.js'
import { mapOfUuid, mapOver } from '../../linux/multipath/map.js'
import { MAP } from '../../multipath/objects.js'
import type { ScsiDisk } from '../../linux/scsi/disk.js'
import { usersOf } from '../../operation/device-users.js'
import type { HostObject } from '../../operation/entry.js'
import { text } from '../../operation/object-data.js'
import type { Operation } from '../../operation/operation.js'
import { verifySameVolume } from '../../scsi/disk/lun-remap.js'
import { DISK, diskObject } from '../../scsi/disk/objects.js'
import { surveyPairs } from './survey.js'

/**
 * The last detach of the volume removes them too, unless a program uses one: they would turn stale when the array unmaps the volume.
 * `pairs`: keys of disks at the pairs of ports that the connection names.
 */
export async function adoptFurther(operation: Operation, pairs: readonly string[]): Promise<void> {
  const { claim, claims } = operation
  const { owner, id, objects, state } = claim.entry
  if (state !== 'detaching') return // an attach that is rolled back has not had them
  const own = objects.filter(({ kind, origin }) => kind === DISK && (origin === 'created' || origin === 'adopted'))
  const wwids = [...new Set(own.map(({ data }) => data['kernelWwid']).filter((wwid) => typeof wwid === 'string'))]
  if (wwids.length === 0) return
  const others = await claims.aboutAny(wwids)
  if (others.some((other) => other.owner !== owner || other.id !== id)) return
  const inMap = await pathsOfMaps(operation)
  for (const { nexus, disks } of (await surveyPairs(operation)).nexuses)
    for (const disk of disks) {
      const object = diskObject(nexus.key, disk.lun, disk, 'adopted')
      const isKnown = !wwids.includes(disk.kernelWwid ?? '') || objects.some(({ key }) => key === object.key)
      if (isKnown || disk.block === undefined || !(pairs.includes(object.key) || inMap.includes(disk.block.name))) continue
      if ((await claim.mayBeShared(object.key)) || !(await showsItself(operation, object, disk))) continue
      if (!(await isUsed(operation, disk.block.name))) await claim.own(object)
    }
  await adoptMaps(operation)
}
/** A disk that answers nothing now may be another volume by now. It stays, and a later recovery decides. */
async function showsItself(operation: Operation, object: HostObject, disk: ScsiDisk): Promise<boolean> {
  return (await verifySameVolume(operation, { adopts: true }, object, disk)) === 'same'
}
/** Names of the disks in the maps of the attachment. */
async function pathsOfMaps({ host, signal, claim }: Operation): Promise<string[]> {
  const maps = claim.entry.objects.filter(({ kind, origin }) => kind === MAP && origin !== 'intended')
  const there = await Promise.all(maps.map(({ data }) => mapOfUuid(host, text(data, 'uuid'), signal)))
  return there.flatMap((map) => map?.slaves ?? [])
}
/** Such a map counted as one of another program, because of a path that the connection does not name. Nobody used it at the attach. */
async function adoptMaps({ host, signal, claim }: Operation): Promise<void> {
  const names = claim.entry.objects.filter(({ kind, origin }) => kind === DISK && origin !== 'found').map(({ data }) => data['name'])
  for (const object of claim.entry.objects.filter(({ kind, origin }) => kind === MAP && origin === 'found')) {
    const { slaves = [] } = (await mapOfUuid(host, text(object.data, 'uuid'), signal)) ?? {}
    if (slaves.length > 0 && slaves.every((slave) => names.includes(slave))) await claim.own({ ...object, origin: 'adopted' })
  }
}

/** Whether a program uses the disk itself, and not the map over it. */
async function isUsed(operation: Operation, name: string): Promise<boolean> {
  const { host, signal } = operation
  const map = await mapOver(host, name, signal)
  const device = await readBlockDevice(host, name, signal)
  if (device === undefined) return false
  const holders = device.holders.filter((holder) => holder !== map?.block.name)
  return (await usersOf(operation, { ...device, holders })) !== undefined
}
