import type { Holder } from '../api/attachment.js'
import { readBlockDevice } from '../linux/block/device.js'
import { readLeads } from '../linux/block/leads.js'
import { heldError } from './held-error.js'
import type { Operation } from './operation.js'

/** The disk is to be a path of a multipath map. */
export interface ForMap {
  /** Names of the multipath maps that it may be in. */
  readonly maps: readonly string[]
}

/**
 * Nothing is built on the disk itself (a logical volume, md, a map), so that its user can have it. What is built on a partition leaves the disk to
 * its user, but not to a map, which needs all of it.
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
