import type { BlockDevice } from '../block/block-devices.js'

/**
 * What multipathd's checker (tur) says of a path. While the kernel holds a device back (`blocked`), or a command is not answered, nothing is
 * decided (libmultipath, path_offline: PATH_PENDING).
 */
export function verdict({ disk, live }: BlockDevice): 'up' | 'down' | 'pending' {
  if (disk === undefined || !live || !disk.present) return 'down'
  if (disk.state === 'blocked') return 'pending'
  if (disk.state !== 'running') return 'down'
  if (disk.session.state !== 'LOGGED_IN' || !disk.session.answers()) return 'pending'
  return disk.liveVolume() === undefined ? 'down' : 'up'
}
