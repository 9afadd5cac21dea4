/** The users of a SCSI device without a block device, such as a controller or an enclosure. Programs open its sg and bsg nodes. */
import type { Holder } from '../../api/attachment.js'
import type { ScsiDisk } from '../../linux/scsi/disk.js'
import { readNodes } from '../../linux/scsi/nodes.js'
import { type Overridable, requireNodesUnused } from '../../operation/device-users.js'
import type { Operation } from '../../operation/operation.js'

/** `sg3`, or `bsg/3:0:0:1` without the module sg. */
export const nodeOf = ({ hctl, sg }: ScsiDisk): string => sg?.replace('/dev/', '') ?? `bsg/${hctl}`

/**
 * Call this before you remove the device, or the nexus that leads to it. Ignores processes that only probe the device, and waits for those
 * that have it open for a moment only.
 * @returns the users that were overridden by `force`.
 * @throws `ERR_HELD` when the device is in use.
 */
export async function requireUnitUnused(operation: Operation, unit: ScsiDisk, options: Overridable): Promise<readonly Holder[]> {
  const characters = await readNodes(operation.host, unit.directory, operation.signal)
  return characters.length === 0 ? [] : await requireNodesUnused(operation, nodeOf(unit), characters, options)
}
