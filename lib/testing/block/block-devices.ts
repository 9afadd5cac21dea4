import type { Base } from '../machine/base.js'
import type { BlockDevice } from './block-device.js'
import { clearPartition, layPartition, partitionOf } from './partitions.js'

const SECTOR_BYTES = 512

/** The kernel's block devices by number, and the part of sysfs that all of them have. */
export class BlockDevices {
  readonly #base: Base
  readonly #devices = new Map<string, BlockDevice>()
  /**
   * Devices that a program has set read-only (BLKROSET), in addition to the driver's own flag (block/ioctl.c, include/linux/blkdev.h,
   * get_disk_ro).
   */
  readonly #writeLocked = new Set<BlockDevice>()
  readonly #diskseqs = new Map<BlockDevice, string>()
  #diskseq = 0

  constructor(base: Base) {
    this.#base = base
  }
  /** All block devices, in the order in which they appeared. */
  all(): BlockDevice[] {
    return [...this.#devices.values()]
  }
  /** The device of this name: `sda`. */
  named(name: string): BlockDevice | undefined {
    return this.all().find((block) => block.name === name)
  }
  /** Whether this device, and not another one of its name or number, is there. */
  is(block: BlockDevice): boolean {
    return this.#devices.get(block.device) === block
  }
  /** Whether writes to the device are refused, by its driver or by a program. */
  isReadOnly(block: BlockDevice): boolean {
    return block.readOnly() || this.#writeLocked.has(block)
  }
  /** BLKROSET. */
  setReadOnly(block: BlockDevice, readOnly: boolean): void {
    if (readOnly) this.#writeLocked.add(block)
    else this.#writeLocked.delete(block)
  }
  /** The sequence number of the disk, as BLKGETDISKSEQ returns it. */
  diskseqOf(block: BlockDevice): string | undefined {
    return this.#diskseqs.get(block)
  }
  /** The device behind a node or a link to one. */
  behind(path: string): BlockDevice | undefined {
    const node = this.#base.tree.find(path)?.node
    return node?.kind === 'device' && node.type === 'block' ? this.#devices.get(node.device) : undefined
  }
  /** Adds a disk. It becomes live and is announced a moment after its directory and its node are created. */
  async add(directory: string, block: BlockDevice): Promise<void> {
    const settled = this.#base.tree.unsettled.begin(directory, 'coming')
    const diskseq = this.lay(directory, block)
    await this.#base.wait(1)
    settled()
    if (this.#devices.get(block.device) !== block) return
    block.live = true
    this.event('add', directory, block, { DISKSEQ: diskseq })
    this.readPartitions(block)
  }
  /** Creates the directory, the class links and the node. Returns the disk's sequence number. @internal */
  lay(directory: string, block: BlockDevice): string {
    const { tree } = this.#base
    this.#diskseq += 1
    const diskseq = String(this.#diskseq)
    this.#devices.set(block.device, block)
    this.#diskseqs.set(block, diskseq)
    const attributes: Readonly<Record<string, () => string>> = {
      size: () => String(block.sectors()),
      ro: () => (this.isReadOnly(block) ? '1' : '0'),
      dev: () => block.device,
      diskseq: () => diskseq,
      removable: () => '0',
      hidden: () => '0',
      'queue/logical_block_size': () => String(SECTOR_BYTES),
      'queue/physical_block_size': () => String(SECTOR_BYTES),
    }
    for (const [name, text] of Object.entries(attributes)) tree.file(`${directory}/${name}`, text)
    for (const name of ['holders', 'slaves']) tree.directory(`${directory}/${name}`)
    for (const link of this.#links(block)) tree.relativeLink(link, directory)
    tree.relativeLink(`${directory}/subsystem`, '/sys/class/block')
    // `…/4:0:0:1/block/sda` → `../../../4:0:0:1`, as sysfs spells it. A virtual device has no such link.
    const parent = /\/([^/]+)\/block\/[^/]+$/.exec(directory)?.[1]
    if (parent !== undefined && parent !== 'virtual') tree.link(`${directory}/device`, `../../../${parent}`)
    tree.device(`/dev/${block.name}`, 'block', block.device)
    return diskseq
  }
  /** The kernel reads the partition table of a disk. Returns the partitions that it had not seen before. */
  readPartitions(whole: BlockDevice): BlockDevice[] {
    const numbers = (whole.volume()?.partitions ?? []).map((_, index) => index + 1)
    return numbers.flatMap((number) => {
      const block = partitionOf(whole, number)
      if (this.#devices.has(block.device)) return []
      this.#devices.set(block.device, block)
      this.event('add', layPartition(this.#base.tree, block), block, { DEVTYPE: 'partition', PARTN: String(number) })
      return [block]
    })
  }
  /** Removes the device, its links and its node, and announces that. */
  remove(directory: string, block: BlockDevice): void {
    const { tree } = this.#base
    if (this.#devices.get(block.device) !== block) return
    for (const each of this.all().filter(({ whole }) => whole === block)) {
      this.#devices.delete(each.device)
      each.live = false
      clearPartition(tree, each)
      this.event('remove', `${directory}/${each.name}`, each, { DEVTYPE: 'partition' })
    }
    this.#devices.delete(block.device)
    this.#writeLocked.delete(block)
    this.#diskseqs.delete(block)
    block.live = false
    for (const link of [...this.#links(block), `/dev/${block.name}`, directory]) tree.remove(link)
    this.event('remove', directory, block)
  }
  /** Sends a uevent of the device. */
  event(action: string, directory: string, block: BlockDevice, more: Readonly<Record<string, string>> = {}): void {
    const [major = '', minor = ''] = block.device.split(':')
    this.#base.uevents.kernel(action, directory, 'block', { MAJOR: major, MINOR: minor, DEVNAME: block.name, DEVTYPE: 'disk', ...more })
  }
  #links(block: BlockDevice): string[] {
    return [`/sys/block/${block.name}`, `/sys/class/block/${block.name}`, `/sys/dev/block/${block.device}`]
  }
}
