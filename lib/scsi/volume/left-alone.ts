/** A volume with one path under a multipathd that is stopped: the wait for a map would only delay it. */
import { leavesSinglePathsAlone } from '../../linux/multipath/config-files.js'
import { staysStopped } from '../../linux/multipath/silence.js'
import { readUdevRecord } from '../../linux/udev/database.js'
import type { Operation } from '../../operation/operation.js'
import type { Paths } from './paths.js'

/**
 * Whether nobody makes a map of the volume, now or when the daemon is continued: the daemon is stopped, so nothing was asked of it; its
 * configuration leaves volumes with one path alone; and its udev rule says that the disk is no path (`multipath -u`: a known volume would be).
 */
export async function isLeftAlone({ host, signal, policy }: Operation, { good, total }: Paths): Promise<boolean> {
  const [only] = good
  if (policy.multipath === 'require' || total !== 1 || only === undefined) return false
  const isClaimed = async () => (await readUdevRecord(host, only.device.device))?.properties.get('DM_MULTIPATH_DEVICE_PATH') !== '0'
  return (await staysStopped(host, signal)) && (await leavesSinglePathsAlone(host)) && !(await isClaimed())
}
