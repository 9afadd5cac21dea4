/** The identity of a SCSI disk, from its vital product data (SPC-4, 7.8). */
import type { VolumeIdentity } from '../../api/attachment.js'
import { BrickworkError } from '../../core/errors.js'
import type { BlockDevice } from '../../linux/block/device.js'
import { capacityBytes, readCapacity } from '../../linux/scsi/capacity.js'
import { inquirePage } from '../../linux/scsi/inquiry.js'
import { DEVICE_IDENTIFICATION, parseDesignators, parseSerial, UNIT_SERIAL_NUMBER, wwidOf } from '../../linux/scsi/vpd.js'
import { namesOf, showSameVolume } from '../../linux/scsi/volume-names.js'
import type { IdentitySource } from '../../operation/identity.js'
import type { Operation } from '../../operation/operation.js'

export type ScsiPages = Pick<BlockDevice, 'name' | 'sizeBytes' | 'vpd80' | 'vpd83' | 'sg'>

/**
 * The identity in the pages that the kernel has read. A disk without pages and without an sg device is not a SCSI disk, and shows nothing.
 */
export function scsiIdentity(disk: ScsiPages, scheme: VolumeIdentity['scheme'] = 'scsi'): IdentitySource {
  const { name, sizeBytes } = disk
  const { designators, serial, names } = shownBy(disk)
  const wwid = wwidOf(designators)
  return {
    device: `/dev/${name}`,
    sizeBytes,
    shown: {
      identity: wwid === undefined ? null : { scheme, id: wwid },
      wwid,
      serial,
      names,
    },
    verifyLive: (operation) => verifyLive(operation, disk),
    liveSize: (operation) => liveSize(operation, disk),
  }
}

/** The size by READ CAPACITY, in bytes. The kernel's own number dates from when it last read the disk. */
async function liveSize({ host, signal }: Operation, { sg }: ScsiPages): Promise<number | undefined> {
  return sg === undefined ? undefined : capacityBytes(await readCapacity(host, sg, signal))
}

function shownBy({ vpd80, vpd83 }: Pick<ScsiPages, 'vpd80' | 'vpd83'>) {
  const designators = parseDesignators(vpd83 ?? new Uint8Array())
  const serial = vpd80 === undefined ? undefined : parseSerial(vpd80)
  return { designators, serial, names: namesOf(designators, serial) }
}
/** The names of the volume that the pages show. */
export function shownNames(pages: Pick<ScsiPages, 'vpd80' | 'vpd83'>): readonly string[] {
  return shownBy(pages).names
}

/**
 * Compares the names that the device shows now with those that the kernel has read. Names are compared as a set: an update of the array may
 * add one.
 */
async function verifyLive({ host, signal }: Operation, disk: ScsiPages): Promise<void> {
  const unknown = (why: string) =>
    new BrickworkError('ERR_IDENTITY_UNKNOWN', `Cannot verify which volume the existing disk /dev/${disk.name} shows: ${why}`, {
      details: { device: `/dev/${disk.name}` },
    })
  // Not a SCSI disk (virtio, a partition): it has no LUN that could be given to another volume without the kernel's knowledge.
  if (disk.sg === undefined && disk.vpd83 === undefined) return
  if (disk.sg === undefined) throw unknown('it has no sg device to query (modprobe sg)')
  const before = shownBy(disk)
  const vpd83 = await inquirePage(host, disk.sg, DEVICE_IDENTIFICATION, signal)
  // A device without page 0x83 shows its serial number at most.
  const vpd80 = before.designators.length === 0 ? await inquirePage(host, disk.sg, UNIT_SERIAL_NUMBER, signal) : undefined
  if (vpd83 === undefined && vpd80 === undefined) throw unknown('it does not answer an INQUIRY for page 0x83')
  const now = shownBy({ vpd80, vpd83 })
  if (now.names.length === 0 && before.names.length === 0) throw unknown('it has never shown a WWID')
  if (showSameVolume(now.names, before.names)) return
  const [found, known] = [wwidOf(now.designators) ?? now.serial, wwidOf(before.designators) ?? before.serial]
  throw new BrickworkError(
    'ERR_IDENTITY_MISMATCH',
    `/dev/${disk.name} shows ${found ?? 'no WWID'} now, and ${known ?? 'none'} when the kernel found it: its LUN was given to another volume`,
    { details: { device: `/dev/${disk.name}`, found, before: known, stale: true } },
  )
}
