/** The multipath target's table and status lines (drivers/md/dm-mpath.c, multipath_status; the selector is service-time). */
import type { BlockDevice } from '../block/block-device.js'

/** A path as the kernel's table has it. */
export interface TablePath {
  /** The disk. */
  readonly block: BlockDevice
  /** Whether the kernel sends I/O to it. */
  active: boolean
  /** How often it has failed. */
  failures: number
}
export interface Table {
  readonly sectors: number
  /** One path in each group: the policy `failover`, which multipath-tools use for targets that they don't know (LIO). */
  readonly groups: readonly TablePath[]
  queueing: boolean
  /** One read-only path makes the whole device read-only. */
  readonly readOnly: boolean
  /** The group that I/O goes to, from 0. */
  current: number
}

/**
 * `2 0 0 0 2 1 A 0 1 2 8:0 A 0 0 1 E 0 1 2 8:16 F 1 0 1 `: two fields (queued, initialisations); no handler; the number of groups and the
 * next group; then each group.
 */
export function statusLine({ groups, current }: Table): string {
  const each = groups.map(
    ({ block, active, failures }, index) => `${index === current ? 'A' : 'E'} 0 1 2 ${block.device} ${active ? 'A' : 'F'} ${failures} 0 1 `,
  )
  return `2 0 0 0 ${counts(groups.length, current)} ${each.join('')}`
}
/** `1 queue_if_no_path 1 alua 2 1 service-time 0 1 2 8:0 1 1 service-time 0 1 2 8:16 1 1 ` */
export function tableLine({ groups, current, queueing }: Table): string {
  const each = groups.map(({ block }) => `service-time 0 1 2 ${block.device} 1 1 `)
  return `${queueing ? '1 queue_if_no_path' : '0'} ${groups.length === 0 ? '0' : '1 alua'} ${counts(groups.length, current)} ${each.join('')}`
}
/** The paths of a table to be loaded, one in each group; `undefined` when the kernel would not understand it (multipath_ctr). */
export function devicesIn(parameters: string): string[] | undefined {
  const match = /^(?:0|1 queue_if_no_path) (?:0|1 [a-z]+) ([0-9]+) 1((?: service-time 0 1 1 [0-9]+:[0-9]+ 1)+)$/.exec(parameters)
  const devices = [...(match?.[2] ?? '').matchAll(/ ([0-9]+:[0-9]+) 1(?= |$)/g)].map(([, device]) => device ?? '')
  return devices.length > 0 && devices.length === Number(match?.[1]) ? devices : undefined
}
function counts(groups: number, current: number): string {
  return `${groups} ${groups === 0 ? 0 : current + 1}`
}
