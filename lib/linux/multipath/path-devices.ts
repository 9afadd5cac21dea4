import type { Host } from '../../core/host.js'

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
  const node = { attributes: ['dev', 'diskseq'] }
  const plan = { root: '/sys/class/block', node: { children: names.map((pattern) => ({ pattern, follow: true, node })) } }
  const tree = await host.kernel.readTree(plan, signal)
  return names.flatMap((name) => {
    const disk = tree.child(name)
    const device = disk?.text('dev')
    return disk === undefined || device === undefined ? [] : [{ name, device, diskseq: disk.text('diskseq') }]
  })
}
