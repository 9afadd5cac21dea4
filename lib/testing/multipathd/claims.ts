import type { Boot } from '../boot.js'
import type { BlockDevice } from '../block/block-device.js'
import { blacklisted } from './config.js'
import { hasFailed, isKnown } from './known-files.js'

/**
 * What udev's rules hear from `multipath -u`: whether a disk is a path. It asks the files and the maps, not the daemon, and goes by them
 * also while the daemon is stopped (its service is enabled); but it connects, which may start the daemon.
 */
export function claims(boot: Boot, block: BlockDevice, wwid: string | undefined): 'yes' | 'no' | 'maybe' {
  const { machine, multipathd, mapper } = boot
  if (!machine.multipathTools || wwid === undefined) return 'no'
  multipathd.connect()
  if (blacklisted(machine.multipathConfig, block.name, wwid) || hasFailed(machine, wwid)) return 'no'
  const { findMultipaths } = machine.multipathConfig
  if (findMultipaths === 'greedy' || isKnown(machine, wwid) || mapper.byUuid(`mpath-${wwid}`) !== undefined) return 'yes'
  if (findMultipaths !== 'smart') return 'no'
  const sibling = boot.blocks.all().some((other) => other !== block && other.live && multipathd.serial(other.device) === wwid)
  return sibling ? 'yes' : 'maybe'
}
