/** What kind of device it is, and how it is reached, in the words of lsblk (util-linux: misc-utils/lsblk.c, get_type, get_transport). */
import type { ScsiDeviceNode } from '../../api/topology.js'
import type { BlockFacts } from './block.js'

type Scsi = Pick<ScsiDeviceNode, 'type' | 'host' | 'session' | 'remotePort'>

export function typeOf({ name, partition, dm }: BlockFacts, scsi: Scsi | undefined): string {
  if (partition !== undefined) return 'part'
  // `mpath-36001405…`, `part1-mpath-…`, `LVM-…`, `CRYPT-LUKS2-…`
  if (dm !== undefined) return /^([a-z]+)[0-9]*-/i.exec(dm.uuid)?.[1]?.toLowerCase() ?? 'dm'
  const [, family] = /^(loop|md|sr)[0-9_]/.exec(name) ?? []
  return family === 'sr' || scsi?.type === 'rom' ? 'rom' : (family ?? 'disk')
}

/** Drivers of SCSI hosts whose disks have a transport of their own. */
export function transportOf(
  { name, partition, dm }: BlockFacts,
  scsi: Scsi | undefined,
  drivers: ReadonlyMap<number, string>,
): string | undefined {
  if (partition !== undefined || dm !== undefined) return undefined
  if (scsi?.session !== undefined) return 'iscsi'
  if (scsi?.remotePort !== undefined) return 'fc'
  if (/^nvme[0-9]/.test(name)) return 'nvme'
  if (/^vd[a-z]/.test(name)) return 'virtio'
  const driver = scsi === undefined ? '' : (drivers.get(scsi.host) ?? '')
  if (/^(usb-storage|uas)$/.test(driver)) return 'usb'
  if (driver === 'ahci') return 'sata'
  return driver.includes('ata') ? 'ata' : undefined
}
