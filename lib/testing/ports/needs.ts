import { scsiHostIn } from '../../core/helper-places.js'
import type { DaemonRequest, GuardedWrite } from '../../core/host.js'
import type { Lane } from '../../core/lanes.js'
import type { FileTree } from '../files/file-tree.js'
import type { Need } from '../machine/places.js'

/** The place that each call of the kernel port needs, as in lib/host/kernel.ts and the addon. */
export const inLane = (lane: Lane, key?: string): Need => ({ lane, key })

export function toWrite({ directory, waits }: GuardedWrite): Need {
  if (waits === 'unbounded') return { helper: { key: directory, host: scsiHostIn(directory) ?? directory, holds: false } }
  const objects = directory.split('/').filter((name) => /^(host\d+|\d+:\d+:\d+:\d+)$/.test(name))
  return inLane('write', objects.at(-1) ?? directory)
}

export function toDevice(tree: FileTree, device: string, holds = false): Need {
  const disk = tree.find(`/sys/class/block/${device.slice(device.lastIndexOf('/') + 1)}/device`)?.path
  return { helper: { key: device, host: scsiHostIn(disk ?? '') ?? device, holds } }
}

/** The kernel makes one connect after another, so each has a helper of its own. */
export const toFabrics: Need = { helper: { key: 'nvme-fabrics', host: 'nvme-fabrics', holds: true } }

/** The same mutex guards the list of options. */
export const toFabricsOptions: Need = { helper: { key: 'nvme-fabrics options', host: 'nvme-fabrics', holds: false } }

export const toMap = (uuid: string): Need => ({ helper: { key: uuid, host: uuid, holds: false } })

/** multipathd takes one request at a time. */
export const toDaemon = ({ socket, reply }: DaemonRequest): Need => inLane('socket', reply === 'framed' ? socket : undefined)
