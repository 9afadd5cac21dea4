/** All mounts, in every mount namespace of the host. Each namespace is read through one of its processes. */
import { parseMountinfo } from '../block/mountinfo.js'
import { commandOf, readMountTables } from '../block/mount-tables.js'
import type { Host } from '../../core/host.js'
import type { MountNode } from '../../api/topology.js'

export interface MountedFileSystem {
  readonly mount: MountNode
  /** `8:16`. For file systems over several devices (btrfs), not the number of a device. */
  readonly number: string
  /** `/dev/sdb`, `/dev/mapper/data`, or a name that is not a device (`tmpfs`). */
  readonly source: string
}
export interface Mounts {
  readonly mounts: readonly MountedFileSystem[]
  readonly unseen: readonly string[]
}
/** The process whose mount namespace is the host's. A mount at the same place in several namespaces is listed once. */
const HOST = 1

export async function readMounts(host: Host, signal: AbortSignal): Promise<Mounts> {
  const { tables, unseen } = await readMountTables(host, signal)
  const found = new Map<string, MountedFileSystem>()
  for (const { pid, mountinfo } of tables) {
    const process = pid === HOST ? {} : { pid, ...(await commandOf(host, pid)) }
    for (const { number, source, where, fsType, readOnly } of parseMountinfo(mountinfo)) {
      const key = `${number} ${where}`
      if (!found.has(key)) found.set(key, { number, source, mount: { where, fsType, readOnly, ...process } })
    }
  }
  return { mounts: [...found.values()], unseen }
}

/** Devices in use as swap: `/dev/dm-1  partition  102396  0  -2` */
export async function readSwaps(host: Host): Promise<ReadonlySet<string>> {
  const text = (await host.files.read('/proc/swaps')) ?? ''
  return new Set(text.split('\n').flatMap((line) => /^(\/\S+)\s/.exec(line)?.[1] ?? []))
}
