/** What every protocol does about read-only attachments, around what its connector does. */
import { readBlockDevice } from '../linux/block/device.js'
import { recordedAccess, shareDevice } from '../operation/shared-volume.js'
import type { AttachedDevice, Connector, Release, ReleaseOptions } from '../operation/connector.js'
import type { Operation } from '../operation/operation.js'
import { undoReadOnly } from '../operation/read-only.js'

/** Before a device is handed out: as {@link shareDevice}, for the device and each of its paths. */
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

/** As {@link Connector.release}. What stays takes writes again, unless another attachment only reads it, too. */
export async function releaseAttachment(operation: Operation, connector: Connector, options: ReleaseOptions): Promise<Release> {
  const release = await connector.release(operation, options)
  await undoReadOnly(operation)
  return release
}
