import type { Host } from '../../core/host.js'
import type { Tree } from '../../core/tree.js'

/** A path of a map as a block device. */
export interface PathDevice {
  /** `sda` */
  readonly name: string
  /** `8:16` */
  readonly device: string
  /** Sequence number of the disk since boot (kernel 5.15 and later). */
  readonly diskseq: string | undefined
}

/** Reads disks by name. Omits disks that are gone. */
export async function readPathDevices(host: Host, names: readonly string[], signal: AbortSignal): Promise<PathDevice[]> {
  const node = { attributes: PATH_DEVICE }
  const plan = { root: '/sys/class/block', node: { children: names.map((pattern) => ({ pattern, follow: true, node })) } }
  const tree = await host.kernel.readTree(plan, signal)
  return names.flatMap((name) => pathDeviceIn(tree.child(name)) ?? [])
}
/** The attributes for {@link pathDeviceIn}. */
export const PATH_DEVICE = ['dev', 'diskseq']
export function pathDeviceIn(disk: Tree | undefined): PathDevice | undefined {
  const device = disk?.text('dev')
  return disk === undefined || device === undefined ? undefined : { name: disk.name, device, diskseq: disk.text('diskseq') }
}
