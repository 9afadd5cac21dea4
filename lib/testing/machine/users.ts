import { BrickworkError } from '../../core/errors.js'
import { type BlockDevice, contentOf } from '../block/block-device.js'
import { kernelError } from '../errno.js'
import type { Base } from './base.js'
import { type Mount, type MountOptions, Mounts } from './mounts.js'
import type { Opener } from './opener.js'
import { PageCache } from './page-cache.js'
import { type BuiltDevices, partition } from './partition.js'
import type { FakeProcess } from './process.js'

export type { Mount } from './mounts.js'

/** The program in which a process under test does work that may wait for ever. */
const HELPER = 'brickwork-helper'

interface OpenOptions {
  readonly exclusive: boolean
  readonly owner?: FakeProcess
}

/** The users of block devices: mounts, swap, programs that have devices open, devices built on others. */
export class Users {
  readonly #base: Base
  readonly #parts: BuiltDevices
  readonly #mounts: Mounts
  readonly #swaps = new Set<BlockDevice>()
  readonly #openers = new Set<Opener>()
  readonly #characters = new Set<{ readonly pid: number; readonly device: string }>()
  readonly #cache = new PageCache()
  /** Called when no one has the device open any more. */
  readonly #atLastClose = new Map<BlockDevice, () => void>()

  constructor(base: Base, parts: BuiltDevices) {
    this.#base = base
    this.#parts = parts
    this.#mounts = new Mounts(base)
  }
  /** Mounts the file system on a device: `/dev/sda`. */
  mount(device: string, options: MountOptions = {}): Mount {
    const block = this.#block(device)
    const content = contentOf(block)
    if (content !== 'ext4' && content !== 'btrfs')
      throw new BrickworkError('ERR_INVALID_ARGUMENT', `FakeHost: ${device} holds no file system`)
    if (this.#isBelow(block)) throw new BrickworkError('ERR_STATE', `FakeHost: ${device} is below a device-mapper device: busy`)
    const mount = this.#mounts.mount(block, { fsType: content, ...options })
    const unmount = () => {
      mount.unmount()
      this.closed(block)
    }
    return { ...mount, unmount }
  }
  /** Binds the node of a device to another path, as for a container. Returns a function that ends that. */
  bindNode(device: string): () => void {
    return this.#mounts.bindNode(this.#block(device))
  }
  /** Uses a device as swap. Returns a function that ends that. */
  swapOn(device: string): () => void {
    const block = this.#block(device)
    this.#swaps.add(block)
    return () => {
      this.#swaps.delete(block)
      this.closed(block)
    }
  }
  /** Starts a program that opens the device, by default without O_EXCL. Its writes stay in the page cache for now. */
  open(
    device: string,
    options: {
      /** Name of the program; default `qemu-system-x86`. */
      readonly command?: string
      /** Whether it opens the device with O_EXCL; default false. */
      readonly exclusive?: boolean
      /** Whether the program waits for I/O (state `D`); default false. */
      readonly waitsForIo?: boolean
    } = {},
  ): {
    /** Process id of the program. */
    readonly pid: number
    /** Closes the device and ends the program. */
    readonly close: () => void
    /** Writes bytes from `offset` on, into the page cache. */
    readonly write: (offset: number, bytes: Uint8Array) => void
  } {
    const { command = 'qemu-system-x86', exclusive = false, waitsForIo = false } = options
    const block = this.#block(device)
    const write = (offset: number, bytes: Uint8Array): void => {
      if (this.#parts.blocks.isReadOnly(block)) throw kernelError('EPERM', 'write', device)
      this.#cache.write(block, offset, bytes)
    }
    const opened = this.#open(block, command, { exclusive })
    if (waitsForIo) this.#base.processes.setState(opened.pid, command, 'D')
    return { ...opened, write }
  }
  /** Lets the kernel itself open the device, as for an export: there is no process. Returns a function that closes the device. */
  openInKernel(device: string, { exclusive = false }: { readonly exclusive?: boolean } = {}): () => void {
    return this.#add({ block: this.#block(device), pid: undefined, exclusive, owner: undefined })
  }
  /** Starts a program that opens a character node: `/dev/sg0`, `/dev/bsg/0:0:0:1`. */
  openCharacter(
    node: string,
    command = 'qemu-system-x86',
  ): {
    /** Process id of the program. */
    readonly pid: number
    /** Closes the node and ends the program. */
    readonly close: () => void
  } {
    const found = this.#base.tree.find(node)?.node
    if (found?.kind !== 'device' || found.type !== 'character')
      throw new BrickworkError('ERR_INVALID_ARGUMENT', `FakeHost has no character device ${node}`)
    const pid = this.#base.processes.start(command, [command, node])
    const opener = { pid, device: `c${found.device}` }
    this.#characters.add(opener)
    const close = (): void => {
      if (this.#characters.delete(opener)) this.#base.processes.end(pid)
    }
    return { pid, close }
  }
  /** See {@link PageCache.writeBack}. @internal */
  writeBack(block: BlockDevice): 'written' | 'refused' {
    return this.#cache.writeBack(block)
  }
  /** Creates a device-mapper device over this one, as LVM does. Returns a function that removes it. */
  stack(device: string, name: string, dmName = 'vg-volume'): () => void {
    const made = this.#parts.mapper().stack({
      name: dmName,
      uuid: `LVM-${dmName}`,
      over: this.#block(device),
      minor: Number(name.slice('dm-'.length)),
      sectors: 8192,
    })
    if (made === 'EBUSY') throw new BrickworkError('ERR_STATE', `FakeHost: ${device} is busy`)
    return () => {
      if (this.#parts.mapper().removeByUuid(made.uuid) === 'busy') throw new BrickworkError('ERR_STATE', `FakeHost: ${name} is busy`)
    }
  }

  /** Writes a partition table with one ext4 partition. The kernel reads it, or kpartx for a map. Returns the partition's node. */
  partition(device: string): string {
    return partition(this.#block(device), this.#parts)
  }
  /** Opens the device with O_EXCL in a helper process. Returns a function that closes it. @internal */
  hold(block: BlockDevice, owner: FakeProcess): (() => void) | 'busy' {
    if (this.exclusive(block) || this.#isBelow(block)) return 'busy'
    return this.#open(block, HELPER, { exclusive: true, owner }).close
  }
  /** Whether a mount, swap or O_EXCL keeps others out. Uses by device-mapper don't count: it shares its devices with itself. */
  exclusive(block: BlockDevice): boolean {
    const disk = block.whole ?? block
    return this.#parts.blocks
      .all()
      .some((each) => (each === disk || each.whole === disk) && (each === block || each === disk || block === disk) && this.#isTaken(each))
  }
  /** How often the device is open. */
  openCount(block: BlockDevice): number {
    const opened = [...this.#openers].filter((opener) => opener.block === block).length
    return opened + this.#mounts.count(block) + (this.#swaps.has(block) ? 1 : 0) + this.#parts.mapper().stackedOn(block).length
  }
  /** Opens the device for a running daemon. Returns a function that closes it. @internal */
  openBy(pid: number, block: BlockDevice): () => void {
    return this.#add({ block, pid, exclusive: false, owner: undefined })
  }
  #add(opener: Opener): () => void {
    this.#openers.add(opener)
    return () => {
      if (this.#openers.delete(opener)) this.closed(opener.block)
    }
  }
  /** Runs `work` while a helper process has the device open and waits for its I/O. @internal */
  async whileOpen<T>(block: BlockDevice, owner: FakeProcess, work: () => Promise<T>): Promise<T> {
    const { pid, close } = this.#open(block, HELPER, { exclusive: false, owner })
    this.#base.processes.setState(pid, HELPER, 'D')
    try {
      return await work()
    } finally {
      close()
    }
  }
  /** Names of the devices that processes under test hold open with O_EXCL. */
  get holds(): string[] {
    const holders = [...this.#openers].filter(({ exclusive, owner }) => exclusive && owner !== undefined)
    return holders.map(({ block }) => block.name).sort()
  }
  /**
   * Calls `act` once the device is not open any more. Until then, the kernel keeps the name and the number of a removed device.
   * @internal
   */
  atLastClose(block: BlockDevice, act: () => void): void {
    this.#atLastClose.set(block, act)
    this.closed(block)
  }
  /** The processes that have these devices open, without the helpers of `caller`. @internal */
  openers(devices: readonly string[], caller: FakeProcess): { readonly pid: number; readonly device: string }[] {
    const ofBlocks = [...this.#openers]
      .filter(({ owner }) => owner !== caller)
      .flatMap(({ pid, block: { device } }) => (pid === undefined ? [] : [{ pid, device }]))
    return [...ofBlocks, ...this.#characters].filter(({ device }) => devices.includes(device)).sort((a, b) => a.pid - b.pid)
  }

  /** The mount table of a mount namespace, as `/proc/PID/mountinfo` shows it. @internal */
  mountinfo(namespace: string): string {
    return this.#mounts.mountinfo(namespace)
  }
  /** The text of `/proc/swaps`. @internal */
  swaps(): string {
    const lines = [...this.#swaps].map(({ name }) => `/dev/${name}                                partition\t65532\t\t0\t\t-2`)
    return ['Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority', ...lines].join('\n')
  }
  #open(block: BlockDevice, command: string, { exclusive, owner }: OpenOptions): { readonly pid: number; readonly close: () => void } {
    const pid = this.#base.processes.start(command, [command, `/dev/${block.name}`])
    const opener = { block, pid, exclusive, owner }
    this.#openers.add(opener)
    const close = (): void => {
      if (!this.#openers.delete(opener)) return
      this.#base.processes.end(pid)
      this.closed(block)
    }
    return { pid, close }
  }
  /** A user has closed the device. If it was the last one, the data is written back. @internal */
  closed(block: BlockDevice): void {
    if (this.openCount(block) > 0 || this.#isPath(block)) return
    this.writeBack(block)
    this.#atLastClose.get(block)?.()
    this.#atLastClose.delete(block)
  }
  #isTaken(block: BlockDevice): boolean {
    const opened = [...this.#openers].some((opener) => opener.exclusive && opener.block === block)
    return opened || this.#mounts.count(block) > 0 || this.#swaps.has(block)
  }
  /** Whether the device is a path of a multipath map, which has it open exclusively. */
  #isPath(block: BlockDevice): boolean {
    return this.#parts.mapper().holds(block)
  }
  /** Whether device-mapper has the device open, or the disk that the device is a partition of. */
  #isBelow(block: BlockDevice): boolean {
    return [block, ...(block.whole === undefined ? [] : [block.whole])].some(
      (each) => this.#isPath(each) || this.#parts.mapper().stackedOn(each).length > 0,
    )
  }
  #block(device: string): BlockDevice {
    const block = this.#parts.blocks.behind(device)
    if (block?.live !== true) throw new BrickworkError('ERR_INVALID_ARGUMENT', `FakeHost has no block device ${device}`)
    return block
  }
}
