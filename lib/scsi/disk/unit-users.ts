/** Who uses what is at a LUN and has no block device, as a controller or an enclosure: programs open its nodes of sg and bsg. */
import type { Holder } from '../../api/attachment.js'
import type { ScsiDisk } from '../../linux/scsi/disk.js'
import { readNodes } from '../../linux/scsi/nodes.js'
import { type Overridable, requireNodesUnused } from '../../operation/device-users.js'
import type { Operation } from '../../operation/operation.js'

/** `sg3`, or `bsg/3:0:0:1` without the module sg. */
export const nodeOf = ({ hctl, sg }: ScsiDisk): string => sg?.replace('/dev/', '') ?? `bsg/${hctl}`

/**
 * To be asked before the device is removed, or what it is reached through. Who only looks is passed over, and who passes by is waited for.
 * @returns those who were overridden by `force`.
 * @throws `ERR_HELD`
 */
export async function requireUnitUnused(operation: Operation, unit: ScsiDisk, options: Overridable): Promise<readonly Holder[]> {
  const characters = await readNodes(operation.host, unit.directory, operation.signal)
  return characters.length === 0 ? [] : await requireNodesUnused(operation, nodeOf(unit), characters, options)
}
