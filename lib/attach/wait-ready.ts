/** Waits until the device may be used as the caller asked for it. */
import type { Host, Watch } from '../core/host.js'
import { first } from '../core/signal.js'
import type { BlockDevice } from '../linux/block/device.js'
import { type About, isAbout, type RecordedDevice } from '../linux/udev/about.js'
import { readUdevRecord, udevIsBusy, type UdevRecord, udevRuns } from '../linux/udev/database.js'
import { UNANNOUNCED_MS, whenSeen } from '../linux/wait.js'
import type { Operation } from '../operation/operation.js'

/** A character that is no plain one, in a map's name as the kernel has it (libdm, dm_string_mangling_t). */
const ESCAPED = /\\x[0-9a-f]{2}/i

export type ReadyDevice = Pick<BlockDevice, 'name'> & RecordedDevice

/**
 * `kernel`: the node is there. `udev`: and udev's database describes this very device, with no event of it on the way; until then `lsblk` says
 * of a volume that holds a file system that it holds none, or what the former device of that number held. Answers whether udev's database can
 * be trusted.
 */
export async function waitReady(operation: Operation, device: ReadyDevice, watch: Watch): Promise<boolean> {
  const { host, signal, policy, udev } = operation
  if (ESCAPED.test(device.dm?.name ?? ''))
    operation.progress.note(
      "the map's name has characters that device-mapper escapes: multipathd (as of 0.11) takes such a map for two and changes it without end; an alias of letters, digits and #+-.:=@_ avoids that",
      { name: device.dm?.name },
    )
  await whenSeen(watch, signal, async () => ((await host.files.stat(`/dev/${device.name}`))?.device === device.device ? true : undefined))
  if (policy.ready === 'kernel') return false
  if (!(await udevRuns(host))) {
    operation.progress.note('no udevd runs on this host: the device is ready for the kernel, and nothing describes what is on it', {
      device: device.name,
    })
    return false
  }
  for (;;) {
    signal.throwIfAborted()
    const about = await describedBy(host, device, signal)
    const isTrusted = about === 'this' || (about === 'unknown' && !(await udevIsBusy(host)))
    if (isTrusted && !watch.udevPending(device.name) && !udev.isPending(device.name)) return true
    // No event announces that udevd has nothing left to do.
    const ticks = about === 'unknown' ? [(ended: AbortSignal) => host.clock.sleep(UNANNOUNCED_MS, ended)] : []
    await first(signal, (ended) => watch.next(ended), ...ticks)
  }
}

/** Whether udev's database describes the device. */
export async function isDescribed(host: Host, device: RecordedDevice, signal: AbortSignal): Promise<boolean> {
  const about = await describedBy(host, device, signal)
  return about === 'this' || (about === 'unknown' && !(await udevIsBusy(host)))
}

/** Which device udev's database describes under this number; `another` also as long as it describes none to the end. */
async function describedBy(host: Host, device: RecordedDevice, signal: AbortSignal): Promise<About> {
  const record = await readUdevRecord(host, device.device)
  return record === undefined || !isComplete(record, device) ? 'another' : await isAbout(host, record, device, signal)
}

/**
 * udev has run its rules to the end. For a map that is later than for a disk: until a table is live and a path usable, device-mapper's rules
 * tell all others to keep off (10-dm.rules, 11-dm-mpath.rules).
 */
function isComplete({ initialized, properties }: UdevRecord, { dm }: RecordedDevice): boolean {
  if (dm === undefined) return initialized
  const ready = !dm.uuid.startsWith('mpath-') || properties.get('MPATH_DEVICE_READY') === '1'
  return initialized && ready && properties.get('DM_UDEV_DISABLE_OTHER_RULES_FLAG') !== '1'
}
