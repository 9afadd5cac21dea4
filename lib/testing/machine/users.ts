import { BrickworkError } from '../../core/errors.js'
import { DM_MAJOR } from '../mapper/dm-map.js'
import type { BlockDevice } from '../block/block-device.js'
import type { BlockDevices } from '../block/block-devices.js'
import type { LowestFree } from '../block/numbers.js'
import type { Base } from './base.js'
import type { FakeProcess } from './process.js'

/** A mount that a test made. */
export interface Mount {
  /** `/mnt/sda`, unless the test chose another one. */
  readonly mountPoint: string
  /** The process that keeps the other mount namespace alive. */
  readonly pid: number | undefined
  /** Unmounts the file system, and ends that process. */
  unmount(): void
}
interface Mounted {
  readonly block: BlockDevice
  readonly mountPoint: string
  readonly namespace: string
  readonly id: number
}
interface Opener {
  readonly block: BlockDevice
  readonly pid: number
  readonly exclusive: boolean
  /** Of a helper: the process that it works for. */
  readonly owner: FakeProcess | undefined
}
/** The program in which a process under test does what may wait for ever. */
const HELPER = 'brickwork-helper'

interface OpenOptions {
  readonly exclusive: boolean
  readonly owner?: FakeProcess
}

interface Parts {
  readonly blocks: BlockDevices
  /** Minor numbers of device-mapper's devices. */
  readonly minors: LowestFree
  /** Whether the device is a path of a multipath map, which has it open exclusively. */
  readonly isPath: (block: BlockDevice) => boolean
}

/** The users of block devices: mounts, swap, programs that have devices open, devices built on others. */
export class Users {
  readonly #base: Base
  readonly #parts: Parts
  readonly #mounts = new Set<Mounted>()
  readonly #swaps = new Set<BlockDevice>()
  readonly #openers = new Set<Opener>()
  readonly #stacked = new Map<BlockDevice, string>()
  /** What was written and has not reached a volume: the page cache. */
  readonly #dirty = new Map<BlockDevice, { readonly offset: number; readonly bytes: Uint8Array }[]>()
  /** What is to be done when nobody has a device open any more. */
  readonly #atLastClose = new Map<BlockDevice, () => void>()
  #lastMount = 30

  constructor(base: Base, parts: Parts) {
    this.#base = base
    this.#parts = parts
  }
  /** Mounts the file system on a device: `/dev/sda`. */
  mount(device: string, options: { readonly mountPoint?: string; readonly otherNamespace?: boolean } = {}): Mount {
    const block = this.#block(device)
    if (block.volume()?.content !== 'ext4') throw new BrickworkError('ERR_INVALID_ARGUMENT', `FakeHost: ${device} holds no file system`)
    const { processes } = this.#base
    if (this.#parts.isPath(block)) throw new BrickworkError('ERR_STATE', `FakeHost: ${device} is a path of a multipath map: busy`)
    const namespace = options.otherNamespace === true ? processes.newNamespace() : processes.hostNamespace
    const pid = options.otherNamespace === true ? processes.start('sleep', ['sleep', 'infinity'], { mountNamespace: namespace }) : undefined
    this.#lastMount += 1
    const mounted = { block, mountPoint: options.mountPoint ?? `/mnt/${block.name}`, namespace, id: this.#lastMount }
    this.#mounts.add(mounted)
    return {
      mountPoint: mounted.mountPoint,
      pid,
      unmount: () => {
        this.#mounts.delete(mounted)
        this.closed(block)
        if (pid !== undefined) processes.end(pid)
      },
    }
  }
  /** Uses a device as swap. Answers with how to end that. */
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
    options: { readonly command?: string; readonly exclusive?: boolean } = {},
  ): { readonly pid: number; readonly close: () => void; readonly write: (offset: number, bytes: Uint8Array) => void } {
    const { command = 'qemu-system-x86', exclusive = false } = options
    const block = this.#block(device)
    const write = (offset: number, bytes: Uint8Array): void => {
      this.#dirty.set(block, [...(this.#dirty.get(block) ?? []), { offset, bytes }])
    }
    return { ...this.#open(block, command, { exclusive }), write }
  }
  /** What was written to the device reaches whatever volume is behind it now; it is lost when there is none, or another host has reserved it. */
  writeBack(block: BlockDevice): void {
    const behind = block.takesWrites() ? block.volume() : undefined
    const volume = behind?.reservedByOther === true ? undefined : behind
    for (const { offset, bytes } of this.#dirty.get(block) ?? []) volume?.write(offset, bytes)
    this.#dirty.delete(block)
  }
  /** Makes a device-mapper device on this one, as LVM does. Answers with how to remove it. */
  stack(device: string, name: string, dmName = 'vg-volume'): () => void {
    const block = this.#block(device)
    const { tree } = this.#base
    const minor = Number(name.slice('dm-'.length))
    this.#parts.minors.reserve(minor)
    const directory = `/sys/devices/virtual/block/${name}`
    for (const [file, text] of Object.entries({
      'dm/name': dmName,
      'dm/uuid': `LVM-${dmName}`,
      'dm/suspended': '0',
      dev: `${DM_MAJOR}:${minor}`,
      size: '8192',
    })) {
      tree.file(`${directory}/${file}`, text)
    }
    for (const link of [`/sys/block/${name}`, `/sys/class/block/${name}`]) tree.relativeLink(link, directory)
    tree.link(`${directory}/slaves/${block.name}`, `/sys/class/block/${block.name}`)
    tree.link(`/sys/class/block/${block.name}/holders/${name}`, directory)
    this.#stacked.set(block, name)
    return () => {
      for (const path of [`/sys/block/${name}`, `/sys/class/block/${name}`, `/sys/class/block/${block.name}/holders/${name}`, directory])
        tree.remove(path)
      this.#parts.minors.free(minor)
      this.#stacked.delete(block)
      this.closed(block)
    }
  }

  /** An open with O_EXCL by a helper process; answers with how to close it. */
  hold(block: BlockDevice, owner: FakeProcess): (() => void) | 'busy' {
    if (this.exclusive(block) || this.#stacked.has(block) || this.#parts.isPath(block)) return 'busy'
    return this.#open(block, HELPER, { exclusive: true, owner }).close
  }
  /** Whether somebody keeps everybody else out: mounts, swap, O_EXCL. What device-mapper has open it shares with itself. */
  exclusive(block: BlockDevice): boolean {
    const opened = [...this.#openers].some((opener) => opener.exclusive && opener.block === block)
    return opened || this.#mountsOf(block).length > 0 || this.#swaps.has(block)
  }
  /** How often the device is open. */
  openCount(block: BlockDevice): number {
    const opened = [...this.#openers].filter((opener) => opener.block === block).length
    return opened + this.#mountsOf(block).length + (this.#swaps.has(block) ? 1 : 0) + (this.#stacked.has(block) ? 1 : 0)
  }
  /** A running daemon opens the device; answers with how it closes it. */
  openBy(pid: number, block: BlockDevice): () => void {
    const opener = { block, pid, exclusive: false, owner: undefined }
    this.#openers.add(opener)
    return () => {
      if (this.#openers.delete(opener)) this.closed(block)
    }
  }
  /** A helper process has the device open while it works on it. */
  async whileOpen<T>(block: BlockDevice, owner: FakeProcess, work: () => Promise<T>): Promise<T> {
    const { close } = this.#open(block, HELPER, { exclusive: false, owner })
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
  /** The kernel keeps the name and the number of a device that is gone for as long as somebody has it open. */
  atLastClose(block: BlockDevice, act: () => void): void {
    this.#atLastClose.set(block, act)
    this.closed(block)
  }
  /** The processes that have these devices open, without the helpers of `caller`. */
  openers(devices: readonly string[], caller: FakeProcess): { readonly pid: number; readonly device: string }[] {
    return [...this.#openers]
      .filter(({ block, owner }) => devices.includes(block.device) && owner !== caller)
      .map(({ pid, block }) => ({ pid, device: block.device }))
      .sort((a, b) => a.pid - b.pid)
  }

  /** The mount table of a mount namespace, as `/proc/PID/mountinfo` shows it. */
  mountinfo(namespace: string): string {
    const lines = [...this.#mounts]
      .filter((mount) => mount.namespace === namespace)
      .map(({ id, block, mountPoint }) => `${id} 22 ${block.device} / ${mountPoint} rw,relatime shared:${id} - ext4 ${block.node} rw`)
    return [
      '22 1 254:1 / / rw,relatime shared:1 - ext4 /dev/vda1 rw',
      '23 22 0:5 / /dev rw,nosuid shared:2 - devtmpfs udev rw',
      ...lines,
    ].join('\n')
  }
  /** The text of `/proc/swaps`. */
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
  /** Somebody has closed it. */
  closed(block: BlockDevice): void {
    if (this.openCount(block) > 0 || this.#parts.isPath(block)) return
    this.writeBack(block)
    this.#atLastClose.get(block)?.()
    this.#atLastClose.delete(block)
  }
  #mountsOf(block: BlockDevice): Mounted[] {
    return [...this.#mounts].filter((mount) => mount.block === block)
  }
  #block(device: string): BlockDevice {
    const block = this.#parts.blocks.behind(device)
    if (block?.live !== true) throw new BrickworkError('ERR_INVALID_ARGUMENT', `FakeHost has no block device ${device}`)
    return block
  }
}
