import type { BlockDevice } from '../block/block-device.js'
import type { Base } from './base.js'

/** A mount that a test created. */
export interface Mount {
  /** `/mnt/sda`, unless the test chose another one. */
  readonly mountPoint: string
  /** The process that keeps the other mount namespace alive. */
  readonly pid: number | undefined
  /** Unmounts the file system, and ends that process. */
  unmount(): void
}
/** Options of a mount. */
export interface MountOptions {
  /** Default: `/mnt/NAME`. */
  readonly mountPoint?: string
  /**
   * Mounts in a mount namespace of its own, which a process keeps alive.
   * @default false
   */
  readonly otherNamespace?: boolean
  /** A mount of `btrfs` has a device number of its own, which no block device has. Default: the content of the device. */
  readonly fsType?: 'ext4' | 'btrfs'
}
interface Mounted {
  readonly block: BlockDevice
  readonly mountPoint: string
  readonly namespace: string
  readonly id: number
  /** `devtmpfs`: the node itself is mounted somewhere, and nothing is opened. */
  readonly fsType: 'ext4' | 'btrfs' | 'devtmpfs'
}

/** The mounts in every mount namespace. */
export class Mounts {
  readonly #base: Base
  readonly #mounts = new Set<Mounted>()
  #last = 30

  constructor(base: Base) {
    this.#base = base
  }
  /** Mounts the file system of a device. */
  mount(block: BlockDevice, { mountPoint = `/mnt/${block.name}`, otherNamespace = false, fsType = 'ext4' }: MountOptions): Mount {
    const { processes, tree } = this.#base
    const namespace = otherNamespace ? processes.newNamespace() : processes.hostNamespace
    const pid = otherNamespace ? processes.start('sleep', ['sleep', 'infinity'], { mountNamespace: namespace }) : undefined
    const unmount = this.#add({ block, mountPoint, namespace, fsType })
    const members = `/sys/fs/btrfs/${block.volume()?.fsUuid ?? ''}`
    const directory = tree.find(`/sys/class/block/${block.name}`)?.path
    if (fsType === 'btrfs' && directory !== undefined) tree.relativeLink(`${members}/devices/${block.name}`, directory)
    return {
      mountPoint,
      pid,
      unmount: () => {
        if (fsType === 'btrfs') tree.remove(members)
        unmount()
        if (pid !== undefined) processes.end(pid)
      },
    }
  }
  /** Binds the node of a device to another path. Returns a function that ends that. */
  bindNode(block: BlockDevice): () => void {
    return this.#add({ block, mountPoint: `/srv/nodes/${block.name}`, namespace: this.#base.processes.hostNamespace, fsType: 'devtmpfs' })
  }
  /** How many file systems of the device are mounted. */
  count(block: BlockDevice): number {
    return [...this.#mounts].filter((mount) => mount.block === block && mount.fsType !== 'devtmpfs').length
  }
  /** The mount table of a mount namespace, as `/proc/PID/mountinfo` shows it. */
  mountinfo(namespace: string): string {
    return [
      '22 1 254:1 / / rw,relatime shared:1 - ext4 /dev/vda1 rw',
      '23 22 0:5 / /dev rw,nosuid shared:2 - devtmpfs udev rw',
      '24 22 0:22 / /sys rw,nosuid shared:3 - sysfs sysfs rw',
      '25 22 0:23 / /run rw,nosuid shared:4 - tmpfs tmpfs rw',
      ...[...this.#mounts].filter((mount) => mount.namespace === namespace).map(line),
    ].join('\n')
  }
  #add(mount: Omit<Mounted, 'id'>): () => void {
    this.#last += 1
    const mounted = { ...mount, id: this.#last }
    this.#mounts.add(mounted)
    return () => void this.#mounts.delete(mounted)
  }
}

function line({ id, block, mountPoint, fsType }: Mounted): string {
  if (fsType === 'devtmpfs') return `${id} 23 0:5 /${block.name} ${mountPoint} rw,nosuid shared:2 - devtmpfs udev rw`
  const number = fsType === 'btrfs' ? `0:${100 + id}` : block.device
  return `${id} 22 ${number} / ${mountPoint} rw,relatime shared:${id} - ${fsType} ${block.node} rw`
}
