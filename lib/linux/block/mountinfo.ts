/** Parses the mounts of one mount namespace (proc_pid_mountinfo(5)). */

export interface MountEntry {
  /** `8:16`. For file systems over several devices (btrfs), not the number of a device. */
  readonly number: string
  /** The mounted part of the file system: `/`, or a path in it, such as `/dm-0` in the file system of `/dev`. */
  readonly root: string
  /** `/dev/sdb`, `/dev/mapper/data`, or a name that is not a device (`tmpfs`). */
  readonly source: string
  readonly where: string
  readonly fsType: string
  readonly readOnly: boolean
  /**
   * Where later mounts below this one appear (mount_namespaces(7)).
   * - `shared`: here and in every copy of the mount
   * - `slave`: those of the original appear here, not the reverse
   * - `private`: only where they are made
   */
  readonly propagation: 'shared' | 'slave' | 'private'
}

/** `36 35 8:16 / /mnt/data rw,noatime shared:1 - ext4 /dev/sdb rw` */
export function parseMountinfo(text: string): MountEntry[] {
  return text.split('\n').flatMap((line) => {
    const [before = '', after = ''] = line.split(' - ')
    const [, , number, root, where, options = '', ...tags] = before.split(' ')
    const [fsType, source] = after.split(' ')
    if (number === undefined || root === undefined || where === undefined || fsType === undefined || source === undefined) return []
    return [
      {
        number,
        root: unescaped(root),
        source: unescaped(source),
        where: unescaped(where),
        fsType,
        readOnly: options.split(',').includes('ro'),
        propagation: propagationOf(tags),
      },
    ]
  })
}
/** `shared:7 master:2`: the optional fields. A mount that is both passes mounts on in both directions below itself. */
function propagationOf(tags: readonly string[]): MountEntry['propagation'] {
  if (tags.some((tag) => tag.startsWith('shared:'))) return 'shared'
  return tags.some((tag) => tag.startsWith('master:')) ? 'slave' : 'private'
}
/** The kernel writes space, tab, newline and backslash as three octal digits. */
function unescaped(text: string): string {
  return text.replaceAll(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)))
}
