import type { Boot } from '../boot.js'
import type { Machine } from '../machine.js'
import type { BlockDevice } from '../block/block-device.js'
import { friendlyName, isKnown } from './known-files.js'

/** Whether a volume with so many paths gets a map by itself (libmultipath, should_multipath). */
export function mayMap(machine: Machine, wwid: string, paths: number): boolean {
  const { findMultipaths } = machine.multipathConfig
  if (findMultipaths === 'no' || findMultipaths === 'greedy' || isKnown(machine, wwid)) return true
  return findMultipaths !== 'strict' && paths >= 2
}
/** An alias, a friendly name, or the wwid. */
export function nameOf(machine: Machine, wwid: string): string {
  const { multipathAliases, userFriendlyNames } = machine.multipathConfig
  return multipathAliases[wwid] ?? (userFriendlyNames ? friendlyName(machine, wwid) : wwid)
}
/** A disk of which udev has said that it is nobody's path: it shall look once more. */
export function lookAgain({ machine: { tree }, blocks }: Boot, block: BlockDevice): void {
  const directory = tree.find(`/sys/class/block/${block.name}`)?.path
  const claimed = tree.text(`/run/udev/data/b${block.device}`)?.includes('E:DM_MULTIPATH_DEVICE_PATH=1') === true
  if (directory !== undefined && !claimed) blocks.event('change', directory, block)
}
