/** The mount table that says most about the host's own directories. */
import { isBrickworkError } from '../core/errors.js'
import type { Host, HostView } from '../core/host.js'
import { type MountEntry, parseMountinfo } from '../linux/block/mountinfo.js'
import { ownPid } from '../linux/processes.js'
import type { Fact } from '../operation/host-check.js'

export interface MountsSeen {
  /** The file that was read. */
  readonly file: string
  readonly mounts: readonly MountEntry[]
}

/** The mounts of this process. Only they say how this process may use a directory; their paths are those of this process. */
export const mountsSeen: Fact<MountsSeen> = async ({ host }) => {
  const file = `/proc/${(await ownPid(host)) ?? 'self'}/mountinfo`
  return { file, mounts: parseMountinfo((await host.files.read(file)) ?? '') }
}

/** The mounts of process 1, whose paths are those of the host. Without permission, the mounts of this process. */
export const hostMounts: Fact<MountsSeen> = async (context) => {
  const file = '/proc/1/mountinfo'
  try {
    const text = await context.host.files.read(file)
    if (text !== undefined) return { file, mounts: parseMountinfo(text) }
  } catch (error) {
    if (!isBrickworkError(error, 'ERR_PERMISSION')) throw error
  }
  return await context.once(mountsSeen)
}

/** The mount that a path is on. A later mount hides an earlier one at the same place. */
export function mountOf(mounts: readonly MountEntry[], path: string): MountEntry | undefined {
  const above = mounts.filter(({ where }) => where === '/' || path === where || path.startsWith(`${where}/`))
  return above.reduce<MountEntry | undefined>(
    (best, each) => (best === undefined || each.where.length >= best.where.length ? each : best),
    undefined,
  )
}

/** How this process sees the host, by the options of `createHost()`. */
export function viewOf(host: Host): HostView {
  return host.view ?? { root: '', namespaces: undefined }
}
