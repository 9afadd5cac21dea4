import type { BlockDevice } from '../block/block-device.js'
import type { ScsiDisk } from '../scsi/scsi-disk.js'

/**
 * What multipathd's checker (tur) says of a path. While the kernel holds a device back (`blocked`), or a command is not answered, nothing is
 * decided (libmultipath, path_offline: PATH_PENDING).
 */
export function verdict({ block, disk }: { readonly block: BlockDevice; readonly disk: ScsiDisk }): 'up' | 'down' | 'pending' {
  if (!block.live || !disk.present) return 'down'
  if (disk.state === 'blocked') return 'pending'
  if (disk.state !== 'running') return 'down'
  if (!disk.nexus.ready() || !disk.nexus.answers()) return 'pending'
  return disk.liveVolume() === undefined ? 'down' : 'up'
}
