/** The table of a map that is created without multipathd (Documentation/admin-guide/device-mapper/dm-multipath, drivers/md/dm-mpath.c). */
import type { Host } from '../../core/host.js'

/** The facts about a disk that the table needs. */
export interface TablePath {
  /** `8:16` */
  readonly device: string
  /**
   * Access state of the port that the disk is behind (SPC-4 5.16, asymmetric logical unit access); `undefined` without a handler that
   * reports it.
   */
  readonly accessState: string | undefined
  /** `alua`, `rdac`, …; `undefined` when the kernel has attached no handler. */
  readonly handler: string | undefined
}

/** drivers/scsi/scsi_sysfs.c, sdev_access_states. Other states come last. */
const BEST_FIRST = ['active/optimized', 'active/non-optimized', 'lba-dependent', 'standby', 'unavailable', 'offline', 'transitioning']

/** Reads the facts about these disks (`sdb`), in their order. Omits disks that are gone. */
export async function readTablePaths(host: Host, disks: readonly string[], signal: AbortSignal): Promise<TablePath[]> {
  const node = { attributes: ['dev', 'device/access_state', 'device/dh_state'] }
  const plan = { root: '/sys/class/block', node: { children: disks.map((pattern) => ({ pattern, follow: true, node })) } }
  const tree = await host.kernel.readTree(plan, signal)
  return disks.flatMap((name) => {
    const disk = tree.child(name)
    const device = disk?.text('dev')
    if (disk === undefined || device === undefined) return []
    const handler = disk.text('device/dh_state')
    return [{ device, accessState: disk.text('device/access_state'), handler: handler === 'detached' ? undefined : handler }]
  })
}

/**
 * `0 1 alua 2 1 service-time 0 1 1 8:16 1 service-time 0 1 1 8:32 1`: no features, the handler that the kernel has already attached, and
 * one path in each group, like the default of multipath-tools (`failover`). The best group comes first.
 */
export function tableParameters(paths: readonly TablePath[]): string {
  const handler = paths.map((path) => path.handler).find((name) => name !== undefined)
  const groups = [...paths].sort((a, b) => rank(a) - rank(b)).map(({ device }) => `service-time 0 1 1 ${device} 1`)
  return ['0', handler === undefined ? '0' : `1 ${handler}`, `${groups.length} 1`, ...groups].join(' ')
}
function rank({ accessState }: TablePath): number {
  const at = BEST_FIRST.indexOf(accessState ?? '')
  return at < 0 ? BEST_FIRST.length : at
}
