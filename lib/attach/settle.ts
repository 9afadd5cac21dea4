/** Waits until the device may be used as the caller asked for it. */
import type { Watch } from '../core/host.js'
import { readUdevRecord, udevRuns } from '../linux/udev/database.js'
import { whenSeen } from '../linux/wait.js'
import type { BlockDevice } from '../linux/block/device.js'
import type { Operation } from './operation.js'

/**
 * `kernel`: the node is there. `udev`: and udev's database describes it, with no event of it on the way; until then `lsblk` says of a
 * volume that holds a file system that it holds none. Answers whether udev's database can be trusted.
 */
export async function settle(operation: Operation, device: Pick<BlockDevice, 'name' | 'device'>, watch: Watch): Promise<boolean> {
  const { host, signal, policy } = operation
  await whenSeen(watch, signal, async () => ((await host.files.stat(`/dev/${device.name}`))?.device === device.device ? true : undefined))
  if (policy.ready === 'kernel') return false
  if (!(await udevRuns(host))) {
    operation.note('no udevd runs on this host: the device is ready for the kernel, and nothing describes what is on it', {
      device: device.name,
    })
    return false
  }
  return await whenSeen(watch, signal, async () => {
    const record = await readUdevRecord(host, device.device)
    return record?.initialized === true && !watch.udevPending(device.name) ? true : undefined
  })
}
