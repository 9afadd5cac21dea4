/**
 * Decides whether a record of udev's database is about the device that now has its number. The kernel reuses names and numbers at once. The
 * record of the former device stays until udevd has processed its `remove`, which may be seconds later.
 */
import type { Host } from '../../core/host.js'
import { type BlockDevice, readBlockDevice } from '../block/device.js'
import { parseDesignators } from '../scsi/vpd.js'
import { namesOf, showsAnotherWwid, showsWwid } from '../scsi/volume-names.js'
import { diskseqsOf, readUdevRecord, type UdevRecord } from './database.js'

export type RecordedDevice = Pick<BlockDevice, 'device' | 'diskseq' | 'dm' | 'vpd83'> & {
  /** The device appeared after this moment of the host's clock; `undefined` when it existed before. */
  readonly sinceMs?: number | undefined
}
/** `unknown`: the device existed before, and the record neither confirms nor excludes it. */
export type About = 'this' | 'another' | 'unknown'

/**
 * Decides by the disk's sequence number if udev's rules record it. Otherwise, by the time of the record for a new device, and by the WWID
 * for a device that existed before. For a new device the WWID decides nothing: the same volume may have had this number before, with other
 * contents.
 */
export function aboutOf(record: UdevRecord, { diskseq, dm, vpd83, sinceMs }: RecordedDevice): About {
  const { initializedUs, properties } = record
  if (dm !== undefined && properties.get('DM_UUID') !== dm.uuid) return 'another'
  const diskseqs = diskseqsOf(record)
  if (diskseq !== undefined && diskseqs.length > 0) return diskseqs.includes(diskseq) ? 'this' : 'another'
  if (sinceMs !== undefined) return initializedUs !== undefined && initializedUs >= sinceMs * 1000 ? 'this' : 'another'
  return wwidsOf(record).some((wwid) => showsWwid(namesIn(vpd83), wwid)) ? 'this' : 'unknown'
}
const namesIn = (vpd83: Uint8Array | undefined) => namesOf(parseDesignators(vpd83 ?? new Uint8Array()), undefined)

/**
 * Whether the record is certainly about another device than the one that now has its number. One of these is enough:
 * - {@link aboutOf} says so.
 * - The record has a WWID of a kind that this device reports, with another value.
 * - The record is older than the record of a disk of the map (`paths`) that existed before the map.
 */
export function isOfAnother(record: UdevRecord, device: RecordedDevice, paths: readonly PathRecord[] = []): boolean {
  // device-mapper devices need no uuid; the records of those without one have none either.
  const hasUuid = device.dm?.uuid !== '' || record.properties.has('DM_UUID')
  const about = aboutOf(record, hasUuid ? device : { ...device, dm: undefined })
  if (about !== 'unknown') return about === 'another'
  const names = namesIn(device.vpd83)
  if (wwidsOf(record).some((wwid) => showsAnotherWwid(names, wwid))) return true
  const since = record.initializedUs
  return paths.some(
    ({ disk, record: { initializedUs } }) =>
      isYounger(device, disk) && since !== undefined && initializedUs !== undefined && since < initializedUs,
  )
}
/** A disk below a map, with a record that is about this disk. */
export interface PathRecord {
  readonly disk: Pick<BlockDevice, 'diskseq'>
  readonly record: UdevRecord
}

/** As the rules of sg3-utils and of systemd (scsi_id) record them. */
function wwidsOf({ properties }: UdevRecord): string[] {
  return ['ID_SERIAL', 'ID_WWN_WITH_EXTENSION', 'ID_WWN'].flatMap((name) => properties.get(name) ?? [])
}

/**
 * Like {@link aboutOf}, but also compares with the disks of a map, since Debian 12's rules record no sequence number for maps. A map may be
 * younger than one of its disks, with a record that is not older than that disk's record. Then the record is its own: a former map was
 * removed before the disk appeared.
 */
export async function isAbout(host: Host, record: UdevRecord, device: RecordedDevice, signal: AbortSignal): Promise<About> {
  const about = aboutOf(record, device)
  const { initializedUs } = record
  if (about !== 'unknown' || initializedUs === undefined) return about
  for (const name of device.dm?.slaves ?? []) {
    const disk = await readBlockDevice(host, name, signal)
    const ofDisk = disk === undefined || !isYounger(device, disk) ? undefined : await readUdevRecord(host, disk.device)
    if (disk === undefined || ofDisk?.initializedUs === undefined || aboutOf(ofDisk, disk) !== 'this') continue
    if (initializedUs >= ofDisk.initializedUs) return 'this'
  }
  return about
}

/** By the kernel's sequence numbers, which count all disks in the order of their creation (block/genhd.c, inc_diskseq). */
export function isYounger(device: Pick<BlockDevice, 'diskseq'>, than: Pick<BlockDevice, 'diskseq'>): boolean {
  return device.diskseq !== undefined && than.diskseq !== undefined && BigInt(device.diskseq) > BigInt(than.diskseq)
}
