/** A volume with one path while multipathd is stopped. Waiting for a map would only delay the attach. */
import { leavesSinglePathsAlone } from '../../linux/multipath/config-files.js'
import { staysStopped } from '../../linux/multipath/silence.js'
import { readUdevRecord } from '../../linux/udev/database.js'
import type { Operation } from '../../operation/operation.js'
import type { Paths } from './paths.js'

/**
 * Whether no map of the volume will be created, neither now nor when the daemon continues. All of this must hold:
 * - The daemon is stopped (SIGSTOP), so it was asked for nothing.
 * - Its configuration leaves volumes with one path alone.
 * - Its udev rule says that the disk is not a path (`multipath -u`). The disk of a known volume would be one.
 */
export async function isLeftAlone({ host, signal, policy }: Operation, { good, total }: Paths): Promise<boolean> {
  const [only] = good
  if (policy.multipath === 'require' || total !== 1 || only === undefined) return false
  const isClaimed = async () => (await readUdevRecord(host, only.device.device))?.properties.get('DM_MULTIPATH_DEVICE_PATH') !== '0'
  return (await staysStopped(host, signal)) && (await leavesSinglePathsAlone(host)) && !(await isClaimed())
}
