import type { FileTree } from '../files/file-tree.js'
import type { BlockDevice } from './block-device.js'

/** A partition as the kernel has it: a part of its disk. Its minor number is that of the disk plus its own number. */
export function partitionOf(whole: BlockDevice, partition: number): BlockDevice {
  const [major = '', minor = ''] = whole.device.split(':')
  // `nvme0n1p2`: a name that ends with a digit is separated (block/partitions/core.c, add_partition).
  const name = `${whole.name}${/[0-9]$/.test(whole.name) ? 'p' : ''}${partition}`
  return {
    name,
    device: `${major}:${Number(minor) + partition}`,
    node: `/dev/${name}`,
    partition,
    whole,
    live: true,
    sectors: () => whole.sectors(),
    readOnly: () => whole.readOnly(),
    volume: () => whole.volume(),
    io: () => whole.io(),
    takesWrites: () => whole.live && whole.takesWrites(),
  }
}
/** Creates the partition's directory inside that of the disk, and returns its path. */
export function layPartition(tree: FileTree, block: BlockDevice): string {
  const directory = `${tree.find(`/sys/class/block/${block.whole?.name ?? ''}`)?.path ?? ''}/${block.name}`
  const attributes = { partition: String(block.partition), dev: block.device, start: '2048', ro: '0' }
  for (const [name, text] of Object.entries(attributes)) tree.file(`${directory}/${name}`, text)
  tree.file(`${directory}/size`, () => String(block.sectors()))
  for (const name of ['holders', 'slaves']) tree.directory(`${directory}/${name}`)
  for (const link of linksOf(block)) tree.relativeLink(link, directory)
  tree.relativeLink(`${directory}/subsystem`, '/sys/class/block')
  tree.device(`/dev/${block.name}`, 'block', block.device)
  return directory
}
export function clearPartition(tree: FileTree, block: BlockDevice): void {
  for (const path of [...linksOf(block), `/dev/${block.name}`]) tree.remove(path)
}
const linksOf = ({ name, device }: BlockDevice) => [`/sys/class/block/${name}`, `/sys/dev/block/${device}`]
