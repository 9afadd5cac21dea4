/**
 * Whether a record of udev's database is about the device that has its number now. The kernel gives names and numbers out again at once, and
 * the record of the former device stays until udevd has processed its `remove`: that may be seconds later.
 */
import type { Host } from '../../core/host.js'
import { type BlockDevice, readBlockDevice } from '../block/device.js'
import { parseDesignators } from '../scsi/vpd.js'
import { namesOf, showsAnotherWwid, showsWwid } from '../scsi/volume-names.js'
import { diskseqsOf, readUdevRecord, type UdevRecord } from './database.js'

export type RecordedDevice = Pick<BlockDevice, 'device' | 'diskseq' | 'dm' | 'vpd83'> & {
  /** The device appeared after this moment of the host's clock; `undefined` for one that was there before. */
  readonly sinceMs?: number | undefined
}
/** `unknown`: of a device that was there before, nothing in the record speaks for it or against it. */
export type About = 'this' | 'another' | 'unknown'

/**
 * By the disk's sequence number, where the rules note it; else a new device by the time of the record, and one that was there before by its
 * WWID. The WWID alone says nothing of a new device: the same volume may have had this number before, with something else on it.
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
 * Whether the record is certainly about another device than the one that has its number now: as {@link aboutOf}, or since it names a WWID that
 * this device would show and does not, or since it is older than the record of a disk that was there before the map (`paths`).
 */
export function isOfAnother(record: UdevRecord, device: RecordedDevice, paths: readonly PathRecord[] = []): boolean {
  // device-mapper's devices need no uuid, and their records have none then.
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
/** A disk below a map, with a record that is about it. */
export interface PathRecord {
  readonly disk: Pick<BlockDevice, 'diskseq'>
  readonly record: UdevRecord
}

/** As the rules of sg3-utils and of systemd (scsi_id) note them. */
function wwidsOf({ properties }: UdevRecord): string[] {
  return ['ID_SERIAL', 'ID_WWN_WITH_EXTENSION', 'ID_WWN'].flatMap((name) => properties.get(name) ?? [])
}

/**
 * As {@link aboutOf}, with the paths of a map as witnesses, since Debian 12's rules note no sequence number of a map. A map that is younger
 * than one of its disks, and whose record is not older than that disk's, has a record of its own: a map before it went before the disk came.
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

/** By the kernel's numbers, which count all disks in the order in which they are made (block/genhd.c, inc_diskseq). */
export function isYounger(device: Pick<BlockDevice, 'diskseq'>, than: Pick<BlockDevice, 'diskseq'>): boolean {
  return device.diskseq !== undefined && than.diskseq !== undefined && BigInt(device.diskseq) > BigInt(than.diskseq)
}
