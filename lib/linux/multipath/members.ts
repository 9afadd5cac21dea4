/** The disks of a map, with the size and identity that the kernel has for them now. */
import type { Host } from '../../core/host.js'
import { SECTOR_BYTES } from '../block/block.js'

export interface Member {
  /** `sdb` */
  readonly name: string
  readonly sizeBytes: number
  /** The kernel's copies of the pages, which it reads again at each rescan. */
  readonly vpd80: Uint8Array | undefined
  readonly vpd83: Uint8Array | undefined
}

/** Omits disks that are gone or being removed. */
export async function readMembers(host: Host, disks: readonly string[], signal: AbortSignal): Promise<Member[]> {
  if (disks.length === 0) return []
  const node = { attributes: ['size', 'device/state', 'device/vpd_pg80', 'device/vpd_pg83'] }
  const plan = { root: '/sys/class/block', node: { children: disks.map((pattern) => ({ pattern, follow: true, node })) } }
  const tree = await host.kernel.readTree(plan, signal)
  return disks.flatMap((name) => {
    const disk = tree.child(name)
    if (disk?.text('device/state') === undefined) return []
    const sizeBytes = Number(disk.text('size')) * SECTOR_BYTES
    return [{ name, sizeBytes, vpd80: disk.bytes('device/vpd_pg80'), vpd83: disk.bytes('device/vpd_pg83') }]
  })
}
