import { type Identity, prove } from '../../attach/identity.js'
import type { Operation } from '../../attach/operation.js'
import { BrickworkError } from '../../core/errors.js'
import { type BlockDevice, readBlockDevice } from '../../linux/block/device.js'
import type { Expected } from '../../types.js'
import type { Exposed } from './expose.js'

/** The disk as a block device, proven to be the volume that is meant. `path` names it in the story when there are several. */
export async function proveDisk(
  operation: Operation,
  { disk, fresh }: Exposed,
  expected: Expected,
  path?: string,
): Promise<{ readonly device: BlockDevice; readonly identity: Identity }> {
  const device = await readBlockDevice(operation.host, disk.block?.name ?? '', operation.signal)
  if (device === undefined) throw new BrickworkError('ERR_TARGET_UNREACHABLE', `${disk.hctl} went away while it was attached`)
  const { vpd83, vpd80, sg } = disk
  const identity = await operation.step('prove', () => prove(operation, { ...device, vpd83, vpd80, sg }, fresh, expected), path)
  return { device, identity }
}
