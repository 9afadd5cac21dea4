import type { BlockDevice } from '../block/block-device.js'
import { friendlyName, isKnown } from './known-files.js'
import type { MultipathParts } from './parts.js'

/** Whether a volume with so many paths gets a map without a request (libmultipath, should_multipath). */
export function mayMap({ base, tools }: MultipathParts, wwid: string, paths: number): boolean {
  const { findMultipaths } = tools.config
  if (findMultipaths === 'no' || findMultipaths === 'greedy' || isKnown(base, wwid)) return true
  return findMultipaths !== 'strict' && paths >= 2
}
/** The name of a map: an alias, a friendly name, or the wwid. */
export function nameOf({ base, tools }: MultipathParts, wwid: string): string {
  const { multipathAliases, userFriendlyNames } = tools.config
  return multipathAliases[wwid] ?? (userFriendlyNames ? friendlyName(base, wwid) : wwid)
}
/** Makes udev run its rules again for a disk that its database does not show as a path. */
export function retriggerUdev({ base: { tree }, blocks }: MultipathParts, block: BlockDevice): void {
  const directory = tree.find(`/sys/class/block/${block.name}`)?.path
  const claimed = tree.text(`/run/udev/data/b${block.device}`)?.includes('E:DM_MULTIPATH_DEVICE_PATH=1') === true
  if (directory !== undefined && !claimed) blocks.event('change', directory, block)
}
