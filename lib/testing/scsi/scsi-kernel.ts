import { kernelError } from '../errno.js'
import type { Session } from '../iscsi/session.js'
import type { BlockDevice } from '../block/block-device.js'
import type { Boot } from '../boot.js'
import type { Volume } from '../storage/volume.js'
import { LowestFree } from '../block/numbers.js'
import { ScsiDisk } from './scsi-disk.js'
import { clearAttributes, clearDisk, layClass, layDisk, SCSI_DEVICES } from './scsi-sysfs.js'

/** A target that has gone silent: 0.5 s and inq_timeout. */
const INQUIRY_TIMEOUT_MS = 20_500
type Wanted = number | 'any'

/** The SCSI mid-layer: hosts, scans, disks and their removal. */
export class ScsiKernel {
  readonly hosts = new LowestFree()
  readonly #boot: Boot
  readonly #disks = new LowestFree()
  readonly #generics = new LowestFree()
  readonly #behind = new WeakMap<BlockDevice, ScsiDisk>()

  constructor(boot: Boot) {
    this.#boot = boot
  }
  /** The SCSI disk behind a block device, if it is one; also of a device that is gone. */
  diskBehind(block: BlockDevice): ScsiDisk | undefined {
    return this.#behind.get(block)
  }
  /** A write to a host's `scan`: `CHANNEL TARGET LUN`, each a number or `-`. Returns when the SCSI devices exist, or nothing is there. */
  async writeScan(session: Session, value: string): Promise<void> {
    const [channel, id, lun] = parseScan(value)
    if ((channel !== 'any' && channel !== 0) || (id !== 'any' && id !== session.targetId)) return
    await session.scanTurns.run(() => this.#scan(session, lun))
  }
  async scanAll(session: Session): Promise<void> {
    await this.writeScan(session, '- - -')
  }
  /** A write to a disk's `delete`: nobody asks whether it is in use. */
  remove(disk: ScsiDisk): Promise<void> {
    disk.removal ??= disk.session.scanTurns.run(() => this.#remove(disk))
    return disk.removal
  }

  async #scan(session: Session, lun: Wanted): Promise<void> {
    const luns = lun === 'any' ? [...(session.target()?.luns.keys() ?? [])].sort((a, b) => a - b) : [lun]
    for (const each of luns) {
      await this.#boot.wait(this.#boot.machine.settings.delays.scan)
      if (session.state !== 'LOGGED_IN' || session.disks.has(each)) continue
      if (!session.answers()) {
        await this.#boot.wait(INQUIRY_TIMEOUT_MS)
        return
      }
      const volume = session.target()?.luns.get(each)
      if (volume !== undefined) this.#add(session, each, volume)
    }
  }
  #add(session: Session, lun: number, volume: Volume): void {
    const disk = new ScsiDisk(session, lun, this.#generics.take(), volume)
    const { uevents, machine } = this.#boot
    if (session.disks.size === 0) {
      machine.tree.directory(session.targetDirectory)
      machine.tree.relativeLink(`${SCSI_DEVICES}/${session.targetName}`, session.targetDirectory)
      uevents.kernel('add', session.targetDirectory, 'scsi', { DEVTYPE: 'scsi_target' })
    }
    session.disks.set(lun, disk)
    layDisk(this.#boot, disk, { remove: () => this.remove(disk), rescan: () => this.#rescan(disk) })
    uevents.kernel('add', disk.directory, 'scsi', { DEVTYPE: 'scsi_device' })
    uevents.kernel('add', `${disk.directory}/scsi_device/${disk.hctl}`, 'scsi_device')
    uevents.kernel('add', `${disk.directory}/scsi_generic/sg${disk.sgIndex}`, 'scsi_generic')
    uevents.kernel('add', `${disk.directory}/bsg/${disk.hctl}`, 'bsg')
    void this.#addBlock(disk)
  }
  /** sd finds the disk on its own, after the scan has returned. */
  async #addBlock(disk: ScsiDisk): Promise<void> {
    await this.#boot.wait(this.#boot.machine.settings.delays.disk)
    if (disk.removal !== undefined || !disk.present) return
    const block = disk.newBlock(this.#disks.take())
    this.#behind.set(block, disk)
    layClass(this.#boot, disk, 'scsi_disk', disk.hctl)
    this.#boot.uevents.kernel('add', `${disk.directory}/scsi_disk/${disk.hctl}`, 'scsi_disk')
    const directory = `${disk.directory}/block/${block.name}`
    this.#boot.machine.tree.relativeLink(`${directory}/device`, disk.directory)
    await this.#boot.blocks.add(directory, block)
    if (block.live) this.#boot.uevents.kernel('bind', disk.directory, 'scsi', { DEVTYPE: 'scsi_device', DRIVER: 'sd' })
  }
  async #rescan(disk: ScsiDisk): Promise<void> {
    await this.#boot.wait(this.#boot.machine.settings.delays.scan)
    const { block } = disk
    if (!disk.present || !disk.session.answers()) return
    if (disk.reread() && block !== undefined) {
      this.#boot.blocks.event('change', `${disk.directory}/block/${block.name}`, block, { RESIZE: '1' })
    }
  }
  async #remove(disk: ScsiDisk): Promise<void> {
    const { session } = disk
    const { uevents, machine, blocks } = this.#boot
    // The commands of one that is blocked fail at once (drivers/scsi/scsi_sysfs.c, __scsi_remove_device).
    const mayFlush = disk.state === 'running'
    disk.state = 'cancel'
    await this.#boot.wait(machine.settings.delays.removeDisk)
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
      blocks.remove(`${disk.directory}/block/${block.name}`, block)
      this.#boot.users.atLastClose(block, () => this.#disks.free(sdIndex))
    }
    this.#generics.free(disk.sgIndex)
    clearAttributes(this.#boot, disk)
    // Then the cache is flushed, with the directory still there: as long as the kernel hopes for the connection, it waits for an answer.
    while (mayFlush && !session.closing && !session.givenUp && !session.answers()) await session.changed()
    uevents.kernel('unbind', disk.directory, 'scsi', { DEVTYPE: 'scsi_device' })
    clearDisk(this.#boot, disk)
    disk.state = 'deleted'
    session.disks.delete(disk.lun)
    session.notify()
    uevents.kernel('remove', disk.directory, 'scsi', { DEVTYPE: 'scsi_device' })
    if (session.disks.size > 0) return
    machine.tree.remove(`${SCSI_DEVICES}/${session.targetName}`)
    machine.tree.remove(session.targetDirectory)
    uevents.kernel('remove', session.targetDirectory, 'scsi', { DEVTYPE: 'scsi_target' })
  }
}

function parseScan(value: string): readonly [Wanted, Wanted, Wanted] {
  const [channel, id, lun, ...more] = value.trim().split(/\s+/).map(parseNumber)
  if (channel === undefined || id === undefined || lun === undefined || more.length > 0) throw kernelError('EINVAL', 'write', 'scan')
  return [channel, id, lun]
}
/** As simple_strtoul: decimal, `0x…`, or octal after a `0`. */
function parseNumber(word: string): Wanted | undefined {
  if (word === '-') return 'any'
  if (/^0x[0-9a-f]+$/i.test(word)) return parseInt(word, 16)
  return /^[0-9]+$/.test(word) ? parseInt(word, word.startsWith('0') ? 8 : 10) : undefined
}
