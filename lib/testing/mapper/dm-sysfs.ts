/** The directories and attributes of a device-mapper device (drivers/md/dm-sysfs.c, block/holder.c). */
import type { Boot } from '../boot.js'
import type { BlockDevice } from '../block/block-device.js'
import type { DmMap } from './dm-map.js'

/** The device as it is before it has a table: the event has no name yet. */
export function layMap(boot: Boot, map: DmMap): void {
  const { tree } = boot.machine
  const diskseq = boot.blocks.lay(map.directory, map.block)
  for (const [name, text] of Object.entries({
    'dm/name': () => map.name,
    'dm/uuid': () => map.uuid,
    'dm/suspended': () => (map.suspended ? '1' : '0'),
  })) {
    tree.file(`${map.directory}/${name}`, text, { mode: 0o444 })
  }
  boot.blocks.event('add', map.directory, map.block, { DISKSEQ: diskseq })
}
export function clearMap(boot: Boot, map: DmMap): void {
  boot.blocks.remove(map.directory, map.block)
}
/** `slaves` of the map and `holders` of its paths. A path that is gone stays among the slaves, as a link to nowhere, until a table without it is loaded. */
export function layPaths(boot: Boot, map: DmMap, before: readonly BlockDevice[], after: readonly BlockDevice[]): void {
  const { tree } = boot.machine
  for (const block of before) {
    if (after.includes(block)) continue
    tree.remove(`${map.directory}/slaves/${block.name}`)
    if (boot.blocks.is(block)) tree.remove(`/sys/class/block/${block.name}/holders/${map.block.name}`)
  }
  for (const block of after) {
    const disk = tree.find(`/sys/class/block/${block.name}`)?.path
    if (before.includes(block) || disk === undefined) continue
    tree.relativeLink(`${map.directory}/slaves/${block.name}`, disk)
    tree.relativeLink(`${disk}/holders/${map.block.name}`, map.directory)
  }
}
