/** Waits until the device is ready as `policy.ready` defines it. */
import type { Host, Watch } from '../core/host.js'
import { first } from '../core/signal.js'
import type { BlockDevice } from '../linux/block/device.js'
import { type About, isAbout, type RecordedDevice } from '../linux/udev/about.js'
import { readUdevRecord, udevIsBusy, type UdevRecord } from '../linux/udev/database.js'
import { UNANNOUNCED_MS, whenSeen } from '../linux/wait.js'
import type { Operation } from '../operation/operation.js'

/** device-mapper escapes special characters in the name of a map as `\xNN` (libdm, dm_string_mangling_t). */
const ESCAPED = /\\x[0-9a-f]{2}/i

export type ReadyDevice = Pick<BlockDevice, 'name'> & RecordedDevice

/**
 * `kernel`: waits for the node. `udev`: waits until udev's database also describes this device and no event of it is pending. Before that,
 * `lsblk` may report no file system on a volume that has one, or the contents of the device that had this number before.
 * @returns whether udev's database can be trusted about the device.
 */
export async function waitReady(operation: Operation, device: ReadyDevice, watch: Watch): Promise<boolean> {
  const { host, signal, policy, udev } = operation
  if (ESCAPED.test(device.dm?.name ?? ''))
    operation.progress.note(
      "the map's name has characters that device-mapper escapes: multipathd (as of 0.11) treats such a map as two and changes it endlessly; give it an alias of letters, digits and #+-.:=@_",
      { name: device.dm?.name },
    )
  await whenSeen(watch, signal, async () => ((await host.files.stat(`/dev/${device.name}`))?.device === device.device ? true : undefined))
  if (policy.ready === 'kernel') return false
  if (!(await udev.runs(host))) {
    operation.progress.note('no udevd runs on this host: the kernel has the device, but udev does not describe its contents', {
      device: device.name,
    })
    return false
  }
  for (;;) {
    signal.throwIfAborted()
    // Until udev has processed the events of the device, the record is incomplete or that of a former device: not worth reading.
    const isPending = () => watch.udevPending(device.name) || udev.isPending(device.name)
    const about = isPending() ? 'another' : await describedBy(host, device, signal)
    const isTrusted = about === 'this' || (about === 'unknown' && !(await udevIsBusy(host)))
    if (isTrusted && !isPending()) return true
    // No event announces that udevd is idle.
    const ticks = about === 'unknown' ? [(ended: AbortSignal) => host.clock.sleep(UNANNOUNCED_MS, ended)] : []
    await first(signal, (ended) => watch.next(ended), ...ticks)
  }
}

/** Whether udev's database describes the device. */
export async function isDescribed(host: Host, device: RecordedDevice, signal: AbortSignal): Promise<boolean> {
  const about = await describedBy(host, device, signal)
  return about === 'this' || (about === 'unknown' && !(await udevIsBusy(host)))
}

/** The device that udev's database describes under this number. `another` also while the description is incomplete. */
async function describedBy(host: Host, device: RecordedDevice, signal: AbortSignal): Promise<About> {
  const record = await readUdevRecord(host, device.device)
  return record === undefined || !isComplete(record, device) ? 'another' : await isAbout(host, record, device, signal)
}

/**
 * Whether udev has run all its rules. A map is complete later than a disk: until it has a live table and a usable path, device-mapper's
 * rules disable all other rules for it (10-dm.rules, 11-dm-mpath.rules).
 */
function isComplete({ initialized, properties }: UdevRecord, { dm }: RecordedDevice): boolean {
  if (dm === undefined) return initialized
  const ready = !dm.uuid.startsWith('mpath-') || properties.get('MPATH_DEVICE_READY') === '1'
  return initialized && ready && properties.get('DM_UDEV_DISABLE_OTHER_RULES_FLAG') !== '1'
}
