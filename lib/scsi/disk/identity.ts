/** The identity of a SCSI disk, by its vital product data (SPC-4, 7.8). */
import type { VolumeIdentity } from '../../api/attachment.js'
import { BrickworkError } from '../../core/errors.js'
import type { BlockDevice } from '../../linux/block/device.js'
import { readCapacity } from '../../linux/scsi/capacity.js'
import { inquirePage } from '../../linux/scsi/inquiry.js'
import { DEVICE_IDENTIFICATION, parseDesignators, parseSerial, wwidOf } from '../../linux/scsi/vpd.js'
import { showsWwid } from '../../linux/scsi/wwid.js'
import type { IdentitySource } from '../../operation/identity.js'
import type { Operation } from '../../operation/operation.js'

export type ScsiPages = Pick<BlockDevice, 'name' | 'sizeBytes' | 'vpd80' | 'vpd83' | 'sg'>

/** A disk whose pages the kernel has read. One without pages and without an sg device is no SCSI disk, and shows nothing. */
export function scsiIdentity(disk: ScsiPages, scheme: VolumeIdentity['scheme'] = 'scsi'): IdentitySource {
  const { name, sizeBytes, vpd80, vpd83 = new Uint8Array() } = disk
  const designators = parseDesignators(vpd83)
  const wwid = wwidOf(designators)
  return {
    device: `/dev/${name}`,
    sizeBytes,
    shown: {
      identity: wwid === undefined ? null : { scheme, id: wwid },
      wwid,
      serial: vpd80 === undefined ? undefined : parseSerial(vpd80),
    },
    isWwid: (expected) => showsWwid(designators, expected),
    verifyLive: (operation) => verifyLive(operation, disk, wwid),
    liveSize: (operation) => liveSize(operation, disk),
  }
}

/** The kernel's number is from when it found the disk. */
async function liveSize({ host, signal }: Operation, { sg }: ScsiPages): Promise<number | undefined> {
  const capacity = sg === undefined ? undefined : await readCapacity(host, sg, signal)
  return capacity === undefined ? undefined : Number(capacity.blocks) * capacity.blockBytes
}

async function verifyLive(operation: Operation, disk: ScsiPages, before: string | undefined): Promise<void> {
  const unknown = (why: string) =>
    new BrickworkError('ERR_IDENTITY_UNKNOWN', `/dev/${disk.name} was on the host before, and ${why}: which volume it shows is not known`, {
      details: { device: `/dev/${disk.name}` },
    })
  // Not a SCSI disk (virtio, a partition): nobody gives its number to another volume behind the kernel's back.
  if (disk.sg === undefined && disk.vpd83 === undefined) return
  if (disk.sg === undefined) throw unknown('it has no sg device to ask it by (modprobe sg)')
  const live = await inquirePage(operation.host, disk.sg, DEVICE_IDENTIFICATION, operation.signal)
  if (live === undefined) throw unknown('it does not answer an INQUIRY for page 0x83')
  const now = wwidOf(parseDesignators(live))
  if (now === undefined && before === undefined) throw unknown('it shows no WWID, neither before nor now')
  if (now !== before)
    throw new BrickworkError(
      'ERR_IDENTITY_MISMATCH',
      `/dev/${disk.name} shows ${now ?? 'no WWID'} now, and ${before ?? 'none'} when the kernel found it: its LUN was given to another volume`,
      { details: { device: `/dev/${disk.name}`, found: now, before, stale: true } },
    )
}
