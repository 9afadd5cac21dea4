import type { Holder } from '../api/attachment.js'
import { readBlockDevice } from '../linux/block/device.js'
import { readLeads } from '../linux/block/leads.js'
import { heldError } from './held-error.js'
import type { Operation } from './operation.js'

/** The disk is intended as a path of a multipath map. */
export interface ForMap {
  /** Names of the multipath maps that may contain it. */
  readonly maps: readonly string[]
}

/**
 * Requires that nothing is built on the disk (a logical volume, md, a map), so that its user can open it. A device on a partition does not
 * prevent the use of the disk, but prevents a map, which needs the whole disk.
 * @throws `ERR_HELD`
 */
export async function requireNotBuiltOn({ host, signal }: Operation, name: string, forMap?: ForMap): Promise<void> {
  const device = await readBlockDevice(host, name, signal)
  if (device === undefined) return
  const holders = device.holders.filter((each) => forMap?.maps.includes(each) !== true)
  const { built } = await readLeads(host, { ...device, holders, partitions: forMap === undefined ? [] : device.partitions }, signal)
  if (built.length > 0)
    throw heldError(
      device,
      built.map(({ holder }): Holder => holder),
      [],
    )
}
