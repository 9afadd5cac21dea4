/** The block devices of attached volumes, by the claims of all owners. */
import type { BlockDeviceNode } from '../api/topology.js'
import type { Entry } from '../operation/entry.js'
import type { Fact } from '../operation/host-check.js'
import { readClaimFiles } from './entry-files.js'

/** Attachments by the kernel's names of their devices: `dm-3`, `sdb`. */
export type AttachedDevices = ReadonlyMap<string, Entry>

export const attachedDevices: Fact<AttachedDevices> = async (context) => {
  const { entries } = await context.once(readClaimFiles)
  return new Map(
    entries.flatMap(({ entry }): [string, Entry][] => (entry.result === null ? [] : [[entry.result.device.replace('/dev/', ''), entry]])),
  )
}

/** Devices are rarely built on more than four others. */
const DEEPEST = 8

/** Whether the device is built on one of an attached volume: a partition, a logical volume, a map. */
export function isBuiltOn(
  device: BlockDeviceNode,
  own: ReadonlyMap<string, unknown>,
  byName: ReadonlyMap<string, BlockDeviceNode>,
  depth = 0,
): boolean {
  if (depth > DEEPEST) return false
  return [...device.slaves, ...(device.disk === undefined ? [] : [device.disk])].some((name) => {
    const below = byName.get(name)
    return own.has(name) || (below !== undefined && isBuiltOn(below, own, byName, depth + 1))
  })
}
