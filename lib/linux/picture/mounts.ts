/** What is mounted where, in every mount namespace of the host; each namespace is read through one of its processes. */
import { commandOf, readMountTables } from '../block/mount-tables.js'
import type { Host } from '../../core/host.js'
import type { MountPicture } from '../../picture.js'

export interface MountedFileSystem {
  readonly mount: MountPicture
  /** `8:16`; of file systems over several devices (btrfs) no number of a device. */
  readonly number: string
  /** `/dev/sdb`, `/dev/mapper/data`, or no device at all (`tmpfs`). */
  readonly source: string
}
export interface Mounts {
  readonly mounts: readonly MountedFileSystem[]
  readonly unseen: readonly string[]
}
/** Its mount namespace is the host's: what is mounted at the same place in another one too is told once. */
const HOST = 1

export async function readMounts(host: Host, signal: AbortSignal): Promise<Mounts> {
  const { tables, unseen } = await readMountTables(host, signal)
  const found = new Map<string, MountedFileSystem>()
  for (const { pid, mountinfo } of tables) {
    const process = pid === HOST ? {} : { pid, ...(await commandOf(host, pid)) }
    for (const each of parseMountinfo(mountinfo)) {
      const key = `${each.number} ${each.mount.where}`
      if (!found.has(key)) found.set(key, { ...each, mount: { ...each.mount, ...process } })
    }
  }
  return { mounts: [...found.values()], unseen }
}

/** `36 35 8:16 / /mnt/data rw,noatime shared:1 - ext4 /dev/sdb rw` (proc_pid_mountinfo(5)) */
export function parseMountinfo(text: string): MountedFileSystem[] {
  return text.split('\n').flatMap((line) => {
    const [before = '', after = ''] = line.split(' - ')
    const [, , number, , where, options = ''] = before.split(' ')
    const [fsType, source] = after.split(' ')
    if (number === undefined || where === undefined || fsType === undefined || source === undefined) return []
    return [{ number, source: plain(source), mount: { where: plain(where), fsType, readOnly: options.split(',').includes('ro') } }]
  })
}
/** Space, tab, newline and backslash are written as three octal digits. */
function plain(text: string): string {
  return text.replaceAll(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)))
}

/** Devices in use as swap: `/dev/dm-1  partition  102396  0  -2` */
export async function readSwaps(host: Host): Promise<ReadonlySet<string>> {
  const text = (await host.files.read('/proc/swaps')) ?? ''
  return new Set(text.split('\n').flatMap((line) => /^(\/\S+)\s/.exec(line)?.[1] ?? []))
}
