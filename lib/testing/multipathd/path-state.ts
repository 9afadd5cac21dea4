import type { BlockDevice } from '../block/block-device.js'
import type { ScsiDisk } from '../scsi/scsi-disk.js'

/**
 * The state of a path by multipathd's checker (tur). While the kernel holds a device back (`blocked`), or a command is not answered, the
 * state is undecided (libmultipath, path_offline: PATH_PENDING).
 */
export function verdict({ block, disk }: { readonly block: BlockDevice; readonly disk: ScsiDisk }): 'up' | 'down' | 'pending' {
  if (!block.live || !disk.present) return 'down'
  if (disk.state === 'blocked') return 'pending'
  if (disk.state !== 'running') return 'down'
  if (!disk.nexus.ready() || !disk.nexus.answers()) return 'pending'
  return disk.liveVolume() === undefined ? 'down' : 'up'
}
