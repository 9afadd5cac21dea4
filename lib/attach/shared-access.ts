/** Read-only access, for all protocols: before the device is handed out and after it is released. */
import { readBlockDevice } from '../linux/block/device.js'
import { recordedAccess, shareDevice } from '../operation/shared-volume.js'
import type { AttachedDevice, Connector, Release, ReleaseOptions } from '../operation/connector.js'
import type { Operation } from '../operation/operation.js'
import { undoReadOnly } from '../operation/read-only.js'

/** Calls {@link shareDevice} before the device is handed out: for the device and, if it is attached read-only, for each of its paths. */
export async function shared(operation: Operation, attached: AttachedDevice): Promise<AttachedDevice> {
  const { device } = attached
  if (recordedAccess(operation.claim.entry) === 'rw') {
    await shareDevice(operation, device)
    return attached
  }
  const { host, signal, progress } = operation
  return await progress.step('set-read-only', async () => {
    const names = new Set([...attached.paths.map((path) => path.device.slice('/dev/'.length)), device.name])
    for (const name of names) {
      const each = await readBlockDevice(host, name, signal)
      if (each !== undefined) await shareDevice(operation, each)
    }
    return { ...attached, device: (await readBlockDevice(host, device.name, signal)) ?? device }
  })
}

/** As {@link Connector.release}. Devices that stay become writable again, unless another attachment uses them read-only. */
export async function releaseAttachment(operation: Operation, connector: Connector, options: ReleaseOptions): Promise<Release> {
  const release = await connector.release(operation, options)
  await undoReadOnly(operation)
  return release
}
