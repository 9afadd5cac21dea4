/** Waits until the device may be used as the caller asked for it. */
import type { Host, Watch } from '../core/host.js'
import { readUdevRecord, type UdevRecord, udevRuns } from '../linux/udev/database.js'
import { whenSeen } from '../linux/wait.js'
import type { BlockDevice } from '../linux/block/device.js'
import type { Operation } from '../operation/operation.js'

/**
 * `kernel`: the node is there. `udev`: and udev's database describes it, with no event of it on the way; until then `lsblk` says of a
 * volume that holds a file system that it holds none. Answers whether udev's database can be trusted.
 */
export async function waitReady(operation: Operation, device: Pick<BlockDevice, 'name' | 'device' | 'dm'>, watch: Watch): Promise<boolean> {
  const { host, signal, policy } = operation
  await whenSeen(watch, signal, async () => ((await host.files.stat(`/dev/${device.name}`))?.device === device.device ? true : undefined))
  if (policy.ready === 'kernel') return false
  if (!(await udevRuns(host))) {
    operation.progress.note('no udevd runs on this host: the device is ready for the kernel, and nothing describes what is on it', {
      device: device.name,
    })
    return false
  }
  return await whenSeen(watch, signal, async () =>
    (await isDescribed(host, device)) && !watch.udevPending(device.name) ? true : undefined,
  )
}

/** Whether udev's database describes the device. */
export async function isDescribed(host: Host, device: Pick<BlockDevice, 'device' | 'dm'>): Promise<boolean> {
  const record = await readUdevRecord(host, device.device)
  return record !== undefined && describes(record, device)
}

/**
 * udev has run its rules to the end. For a map that is later than for a disk: until a table is live and a path usable, device-mapper's rules
 * tell all others to keep off (10-dm.rules, 11-dm-mpath.rules).
 */
function describes({ initialized, properties }: UdevRecord, { dm }: Pick<BlockDevice, 'dm'>): boolean {
  if (dm === undefined) return initialized
  const ready = !dm.uuid.startsWith('mpath-') || properties.get('MPATH_DEVICE_READY') === '1'
  // Numbers are given again at once: what is there may be of the map before.
  return initialized && ready && properties.get('DM_UUID') === dm.uuid && properties.get('DM_UDEV_DISABLE_OTHER_RULES_FLAG') !== '1'
}
