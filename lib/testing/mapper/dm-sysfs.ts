/** The directories and attributes of a device-mapper device (drivers/md/dm-sysfs.c, block/holder.c). */
import type { BlockDevice } from '../block/block-device.js'
import type { BlockDevices } from '../block/block-devices.js'
import type { FileTree } from '../files/file-tree.js'
import type { DmMap } from './dm-map.js'

interface Sysfs {
  readonly tree: FileTree
  readonly blocks: BlockDevices
}

/** Creates the device without a table. Its event has no name yet. */
export function layMap({ tree, blocks }: Sysfs, map: DmMap): void {
  const diskseq = blocks.lay(map.directory, map.block)
  for (const [name, text] of Object.entries({
    'dm/name': () => map.name,
    'dm/uuid': () => map.uuid,
    'dm/suspended': () => (map.suspended ? '1' : '0'),
  })) {
    tree.file(`${map.directory}/${name}`, text, { mode: 0o444 })
  }
  blocks.event('add', map.directory, map.block, { DISKSEQ: diskseq })
}
/**
 * Updates `slaves` of the map and `holders` of its paths. A path that is gone stays among the slaves, as a dangling link, until a table
 * without it is loaded.
 */
export function layPaths({ tree, blocks }: Sysfs, map: DmMap, before: readonly BlockDevice[], after: readonly BlockDevice[]): void {
  for (const block of before) {
    if (after.includes(block)) continue
    tree.remove(`${map.directory}/slaves/${block.name}`)
    if (blocks.is(block)) tree.remove(`/sys/class/block/${block.name}/holders/${map.block.name}`)
  }
  for (const block of after) {
    const disk = tree.find(`/sys/class/block/${block.name}`)?.path
    if (before.includes(block) || disk === undefined) continue
    tree.relativeLink(`${map.directory}/slaves/${block.name}`, disk)
    tree.relativeLink(`${disk}/holders/${map.block.name}`, map.directory)
  }
}
