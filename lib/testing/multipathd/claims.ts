import type { BlockDevice } from '../block/block-device.js'
import { blacklisted } from './config.js'
import { hasFailed, isKnown } from './known-files.js'
import type { Multipathd } from './multipathd.js'

/**
 * The answer of `multipath -u` to udev's rules: whether a disk is a path. It depends on files and maps, not on the daemon, so it is the
 * same while the daemon is stopped (its service is enabled). But `multipath -u` connects to the daemon's socket, which may start the
 * daemon.
 */
export function claims(daemon: Multipathd, block: BlockDevice, properties: ReadonlyMap<string, string>): 'yes' | 'no' | 'maybe' {
  const { base, tools, mapper, blocks } = daemon.parts
  const wwid = properties.get(tools.config.uidAttribute)
  if (!tools.installed || wwid === undefined) return 'no'
  daemon.connect()
  if (blacklisted(tools.config, block.name, wwid) || hasFailed(base, wwid)) return 'no'
  const { findMultipaths } = tools.config
  if (findMultipaths === 'greedy' || isKnown(base, wwid) || mapper.byUuid(`mpath-${wwid}`) !== undefined) return 'yes'
  if (findMultipaths !== 'smart') return 'no'
  const sibling = blocks.all().some((other) => other !== block && other.live && daemon.serial(other.device) === wwid)
  return sibling ? 'yes' : 'maybe'
}
