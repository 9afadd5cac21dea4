/** What is mounted where, in every mount namespace of the host; each namespace is read through one of its processes. */
import { attempt } from '../block/holders.js'
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
const namespaces = { root: '/proc', node: { children: [{ pattern: '*', node: { links: ['ns/mnt'] } }] } } as const
/** Its mount namespace is the host's: what is mounted at the same place in another one too is told once. */
const HOST = 1

export async function readMounts(host: Host, signal: AbortSignal): Promise<Mounts> {
  const tree = await host.kernel.readTree(namespaces, signal)
  const pids = tree.children().flatMap(({ name }) => (/^[0-9]+$/.test(name) ? [Number(name)] : []))
  const pidsOf = new Map<string, number[]>()
  let unseen = 0
  for (const pid of pids.sort((a, b) => a - b)) {
    const namespace = tree.child(String(pid))?.link('ns/mnt') ?? (await attempt(host.files.readLink(`/proc/${pid}/ns/mnt`)))
    if (namespace === 'refused') unseen += 1
    else if (namespace !== undefined) pidsOf.set(namespace, [...(pidsOf.get(namespace) ?? []), pid])
  }
  const found = new Map<string, MountedFileSystem>()
  for (const members of pidsOf.values()) {
    const read = await readNamespace(host, members)
    if (read === undefined) unseen += 1
    for (const each of read?.mounts ?? []) {
      const key = `${each.number} ${each.mount.where}`
      if (!found.has(key)) found.set(key, read?.pid === HOST ? each : { ...each, mount: { ...each.mount, ...read?.process } })
    }
  }
  return { mounts: [...found.values()], unseen: unseen === 0 ? [] : [`mount namespaces of ${unseen} processes (no permission)`] }
}

/** Processes end while they are looked at: then another one of the namespace is asked. `undefined` when none may be asked. */
async function readNamespace(host: Host, pids: readonly number[]) {
  let refused = false
  for (const pid of pids) {
    const text = await attempt(host.files.read(`/proc/${pid}/mountinfo`))
    if (text === 'refused') refused = true
    if (text === undefined || text === 'refused') continue
    const mounts = parseMountinfo(text)
    const command = pid === HOST ? undefined : await attempt(host.files.read(`/proc/${pid}/comm`))
    return { pid, process: { pid, ...(command === undefined || command === 'refused' ? {} : { command }) }, mounts }
  }
  return refused ? undefined : { pid: HOST, process: { pid: HOST }, mounts: [] }
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
