/** The disks of a map, with the size and identity that the kernel has for them now. */
import type { Host } from '../../core/host.js'
import type { Tree } from '../../core/tree.js'
import { SECTOR_BYTES } from '../block/block.js'
import { PATH_DEVICE, type PathDevice, pathDeviceIn } from './path-devices.js'

export interface Member {
  /** `sdb` */
  readonly name: string
  readonly sizeBytes: number
  /** The kernel's copies of the pages, which it reads again at each rescan. */
  readonly vpd80: Uint8Array | undefined
  readonly vpd83: Uint8Array | undefined
}

/** A disk with all that is compared of the paths of a map. */
export interface PathMember extends Member, PathDevice {}

/** Those with these names; `undefined` unless all of them are known. */
export function membersAmong<M extends { readonly name: string }>(names: readonly string[], known: readonly M[]): readonly M[] | undefined {
  const found = known.filter(({ name }) => names.includes(name))
  return found.length === names.length ? found : undefined
}

/** Omits disks that are gone or being removed. */
export async function readMembers(host: Host, disks: readonly string[], signal: AbortSignal): Promise<Member[]> {
  if (disks.length === 0) return []
  const node = { attributes: MEMBER }
  const plan = { root: '/sys/class/block', node: { children: disks.map((pattern) => ({ pattern, follow: true, node })) } }
  const tree = await host.kernel.readTree(plan, signal)
  return disks.flatMap((name) => memberIn(tree.child(name)) ?? [])
}
const MEMBER = ['size', 'device/state', 'device/vpd_pg80', 'device/vpd_pg83']
function memberIn(disk: Tree | undefined): Member | undefined {
  if (disk?.text('device/state') === undefined) return undefined
  const sizeBytes = Number(disk.text('size')) * SECTOR_BYTES
  return { name: disk.name, sizeBytes, vpd80: disk.bytes('device/vpd_pg80'), vpd83: disk.bytes('device/vpd_pg83') }
}
/** The attributes for {@link pathMemberIn}. */
export const PATH_MEMBER = [...MEMBER, ...PATH_DEVICE]
export function pathMemberIn(disk: Tree | undefined): PathMember | undefined {
  const [member, device] = [memberIn(disk), pathDeviceIn(disk)]
  return member === undefined || device === undefined ? undefined : { ...member, ...device }
}
