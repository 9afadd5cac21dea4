import type { BlockDevice } from '../block/block-device.js'
import type { BlockDevices } from '../block/block-devices.js'
import { LowestFree } from '../block/numbers.js'
import type { Base } from '../machine/base.js'
import type { Users } from '../machine/users.js'
import type { Wanted } from './host-sysfs.js'
import type { Nexus, ScsiHost } from './nexus.js'
import { ScsiDisk } from './scsi-disk.js'
import { type NexusState, ScsiHosts } from './scsi-hosts.js'
import { clearAttributes, clearDisk, clearTarget, layCharacters, layClass, layDisk, layTarget } from './scsi-sysfs.js'

/** With `readsMeetChanges`: how long the kernel takes to create a device, and how much later its character nodes come. */
const MAKING_MS = 2
const CHARACTERS_MS = 30
/** How long a scan waits for a target that has become silent: 0.5 s and inq_timeout. */
const INQUIRY_TIMEOUT_MS = 20_500

interface Parts {
  readonly blocks: BlockDevices
  readonly users: Users
}

/** The SCSI mid-layer: hosts, scans, disks and their removal. A transport's model adds its hosts and nexuses. */
export class ScsiKernel {
  readonly #base: Base
  readonly #parts: Parts
  readonly #hosts: ScsiHosts
  readonly #disks = new LowestFree()
  readonly #generics = new LowestFree()
  readonly #bySg = new Map<number, ScsiDisk>()
  readonly #behind = new WeakMap<BlockDevice, ScsiDisk>()

  constructor(base: Base, parts: Parts) {
    this.#base = base
    this.#parts = parts
    this.#hosts = new ScsiHosts(base)
  }
  /**
   * Adds a SCSI host, with its `scan` in `/sys/class/scsi_host`.
   * @param parent the directory of the adapter: `/sys/devices/platform`
   * @param attributes what `/sys/class/scsi_host/hostN` shows besides: `proc_name`, …
   */
  addHost(parent: string, attributes: Readonly<Record<string, string>> = {}): ScsiHost {
    return this.#hosts.add(parent, attributes, (state, lun) => this.#scan(state, lun))
  }
  /** Removes a host without disks, and everything that the transport has below the host's directory. */
  removeHost(host: ScsiHost): void {
    this.#hosts.remove(host)
  }
  /** Adds a nexus to its host. No disk appears before a scan. */
  addNexus(nexus: Nexus): void {
    this.#hosts.addNexus(nexus)
  }
  /** Removes the disks of a nexus, one after another, then the nexus. */
  async removeNexus(nexus: Nexus): Promise<void> {
    for (const disk of this.disksOf(nexus)) await this.remove(disk)
    this.#hosts.removeNexus(nexus)
  }
  /** The transport reports a change of the nexus. Those who wait for one of its disks check again. */
  changed(nexus: Nexus): void {
    this.#hosts.stateOf(nexus)?.changes.notify()
  }
  /** The transport is back, is lost, or did not come back in time (scsi_target_unblock, scsi_target_block). */
  setState(nexus: Nexus, state: 'running' | 'blocked' | 'transport-offline'): void {
    for (const disk of this.disksOf(nexus)) if (mayBecome(disk, state)) disk.state = state
  }
  /** The kernel's own scan of all LUNs, after a delay in virtual milliseconds. Nothing is written to `scan`. */
  async scanAll(nexus: Nexus, afterMs = 0): Promise<void> {
    if (afterMs > 0) await this.#base.wait(afterMs)
    const state = this.#hosts.stateOf(nexus)
    if (state !== undefined && this.#hosts.has(state)) await state.turns.run(() => this.#scan(state, 'any'))
  }
  /** The disks of a nexus, in the order in which they were found. */
  disksOf(nexus: Nexus): ScsiDisk[] {
    return [...(this.#hosts.stateOf(nexus)?.disks.values() ?? [])]
  }
  /** The SCSI disk behind a block device, if it is one; also of a device that is gone. */
  diskBehind(block: BlockDevice): ScsiDisk | undefined {
    return this.#behind.get(block)
  }
  /** The disk of `/dev/sg3`. */
  diskOfGeneric(sgIndex: number): ScsiDisk | undefined {
    return this.#bySg.get(sgIndex)
  }
  /** Removes a disk, as a write to its `delete` does. The kernel does not check whether it is in use. */
  remove(disk: ScsiDisk): Promise<void> {
    const state = this.#hosts.stateOf(disk.nexus)
    disk.removal ??= state === undefined ? Promise.resolve() : state.turns.run(() => this.#remove(disk, state))
    return disk.removal
  }

  /** Resolves when the SCSI devices exist, or when there are none. */
  async #scan(state: NexusState, lun: Wanted): Promise<void> {
    const { nexus, disks } = state
    const luns = lun === 'any' ? [...nexus.luns()].sort((a, b) => a - b) : [lun]
    for (const each of luns) {
      await this.#base.wait(this.#base.settings.delays.scan)
      if (!nexus.ready() || disks.has(each)) continue
      if (!nexus.answers()) {
        await this.#base.wait(INQUIRY_TIMEOUT_MS)
        return
      }
      const volume = nexus.volumeAt(each)
      if (volume === undefined) continue
      await this.#add(state, new ScsiDisk({ nexus, lun: each, volume, sgIndex: this.#generics.take() }, state.changes))
    }
  }
  async #add({ nexus, disks }: NexusState, disk: ScsiDisk): Promise<void> {
    const { uevents, settings, tree } = this.#base
    if (disks.size === 0) layTarget(this.#base, nexus)
    disks.set(disk.lun, disk)
    const settled = tree.unsettled.begin(disk.directory, 'coming')
    layDisk(this.#base.tree, disk, { remove: () => this.remove(disk), rescan: () => this.#rescan(disk) })
    // Processes receive the event when all of the device is there (drivers/base/core.c, device_add).
    if (settings.readsMeetChanges) await this.#base.wait(MAKING_MS)
    settled()
    uevents.kernel('add', disk.directory, 'scsi', { DEVTYPE: 'scsi_device' })
    uevents.kernel('add', `${disk.directory}/scsi_device/${disk.hctl}`, 'scsi_device')
    if (settings.readsMeetChanges) void this.#base.wait(CHARACTERS_MS).then(() => this.#addCharacters(disk))
    else this.#addCharacters(disk)
    void this.#addBlock(disk)
  }
  #addCharacters(disk: ScsiDisk): void {
    if (disk.removal !== undefined || !disk.present) return
    this.#bySg.set(disk.sgIndex, disk)
    layCharacters(this.#base, disk)
  }
  /** sd finds the disk on its own, after the scan has returned. */
  async #addBlock(disk: ScsiDisk): Promise<void> {
    await this.#base.wait(this.#base.settings.delays.disk)
    if (disk.removal !== undefined || !disk.present || !disk.isDisk) return
    const block = disk.newBlock(this.#disks.take())
    this.#behind.set(block, disk)
    layClass(this.#base.tree, disk, 'scsi_disk', disk.hctl)
    this.#base.uevents.kernel('add', `${disk.directory}/scsi_disk/${disk.hctl}`, 'scsi_disk')
    const directory = `${disk.directory}/block/${block.name}`
    this.#base.tree.relativeLink(`${directory}/device`, disk.directory)
    await this.#parts.blocks.add(directory, block)
    if (block.live) this.#base.uevents.kernel('bind', disk.directory, 'scsi', { DEVTYPE: 'scsi_device', DRIVER: 'sd' })
  }
  async #rescan(disk: ScsiDisk): Promise<void> {
    await this.#base.wait(this.#base.settings.delays.scan)
    const { block } = disk
    if (!disk.present || !disk.nexus.answers()) return
    if (disk.reread() && block !== undefined) {
      this.#parts.blocks.event('change', `${disk.directory}/block/${block.name}`, block, { RESIZE: '1' })
    }
  }
  async #remove(disk: ScsiDisk, { nexus, disks, changes }: NexusState): Promise<void> {
    const { uevents, tree } = this.#base
    // The commands of a blocked device fail at once (drivers/scsi/scsi_sysfs.c, __scsi_remove_device).
    const mayFlush = disk.state === 'running'
    disk.state = 'cancel'
    const settled = tree.unsettled.begin(disk.directory, 'going')
    await this.#base.wait(this.#base.settings.delays.removeDisk)
    for (const [name, entry] of [
      ['bsg', disk.hctl],
      ['scsi_generic', `sg${disk.sgIndex}`],
      ['scsi_device', disk.hctl],
      ['scsi_disk', disk.hctl],
    ] as const) {
      uevents.kernel('remove', `${disk.directory}/${name}/${entry}`, name)
    }
    const { block, sdIndex } = disk
    if (block !== undefined && sdIndex !== undefined) {
      this.#parts.blocks.remove(`${disk.directory}/block/${block.name}`, block)
      this.#parts.users.atLastClose(block, () => this.#disks.free(sdIndex))
    }
    this.#generics.free(disk.sgIndex)
    this.#bySg.delete(disk.sgIndex)
    clearAttributes(tree, disk)
    // Then the kernel flushes the cache, while the directory is still there. As long as it hopes for the connection, it waits for an
    // answer.
    while (mayFlush && nexus.isGivenUp?.() !== true && !nexus.answers()) await changes.next()
    uevents.kernel('unbind', disk.directory, 'scsi', { DEVTYPE: 'scsi_device' })
    clearDisk(tree, disk)
    settled()
    disk.state = 'deleted'
    disks.delete(disk.lun)
    changes.notify()
    uevents.kernel('remove', disk.directory, 'scsi', { DEVTYPE: 'scsi_device' })
    if (disks.size === 0) clearTarget(this.#base, nexus)
  }
}

/** A disk that is being removed, or that a user took offline, stays so. */
function mayBecome({ state }: ScsiDisk, wanted: 'running' | 'blocked' | 'transport-offline'): boolean {
  if (wanted === 'running') return state !== 'cancel' && state !== 'offline'
  return wanted === 'blocked' ? state === 'running' : state === 'blocked'
}
