/** Block devices by number and by name. */
import type { Host } from '../../core/host.js'
import type { PlanChild, PlanNode, Tree } from '../../core/tree.js'
import { type BlockOfDisk, parseBlock } from './block.js'
import { nodesIn, nodesPlan } from '../scsi/nodes.js'
import { linksIn, namesIn } from '../sysfs.js'

export interface BlockDevice extends BlockOfDisk {
  /** Partitions of the disk; empty for a partition. */
  readonly partitions: readonly { readonly name: string; readonly device: string; readonly holders: readonly string[] }[]
  /** The kernel's identity string, for SCSI disks and NVMe namespaces. */
  readonly kernelWwid: string | undefined
  readonly vpd80: Uint8Array | undefined
  readonly vpd83: Uint8Array | undefined
  readonly sg: string | undefined
  /** Numbers of the disk's character nodes (sg, bsg, ng): `21:3`. */
  readonly characters: readonly string[]
  readonly dm: DeviceMapperDevice | undefined
}
export interface DeviceMapperDevice {
  readonly name: string
  readonly uuid: string
  readonly suspended: boolean
  /** Names of the devices that it consists of. */
  readonly slaves: readonly string[]
}
const holders = linksIn('holders')

/** A block device by its kernel name (`sdb`, `dm-3`, `sdb1`); `undefined` when there is none. */
export async function readBlockDevice(host: Host, name: string, signal: AbortSignal): Promise<BlockDevice | undefined> {
  return (await readBlockDevices(host, [name], signal))[0]
}
/** Reads the devices that exist, in the order of `names`. */
export async function readBlockDevices(host: Host, names: readonly string[], signal: AbortSignal): Promise<BlockDevice[]> {
  if (names.length === 0) return []
  const children = names.map(blockDevicePlan)
  const tree = await host.kernel.readTree({ root: '/sys/class/block', node: { children } }, signal)
  return names.flatMap((name) => blockDeviceIn(tree.child(name)) ?? [])
}
/** The part of a plan of `/sys/class/block` for {@link blockDeviceIn}. */
export function blockDevicePlan(name: string): PlanChild {
  return { pattern: name, follow: true, node: planOf(name) }
}
function planOf(name: string): PlanNode {
  return {
    attributes: [
      'dev',
      'size',
      'ro',
      'diskseq',
      'queue/logical_block_size',
      'wwid',
      'dm/name',
      'dm/uuid',
      'dm/suspended',
      'device/wwid',
      'device/vpd_pg80',
      'device/vpd_pg83',
      ...(isNamespace(name) ? [`../${genericOf(name)}/dev`] : []),
    ],
    children: [
      holders,
      linksIn('slaves'),
      { pattern: 'device', follow: true, node: { children: nodesPlan } },
      { pattern: `${name}*`, node: { attributes: ['dev', 'partition'], children: [holders] } },
    ],
  }
}
/** A namespace of NVMe has a character device beside it: `ng0n1` of `nvme0n1` (drivers/nvme/host/multipath.c, nvme_add_ns_head_cdev). */
const isNamespace = (name: string) => /^nvme[0-9]+n[0-9]+$/.test(name)
const genericOf = (name: string) => name.replace(/^nvme/, 'ng')

export function blockDeviceIn(tree: Tree | undefined): BlockDevice | undefined {
  const block = tree === undefined ? undefined : parseBlock(tree)
  if (tree === undefined || block === undefined) return undefined
  const sg = tree.child('device')?.child('scsi_generic')?.children()[0]?.name
  const dmName = tree.text('dm/name')
  return {
    ...block,
    partitions: partitionsIn(tree, `${tree.name}*`),
    kernelWwid: tree.text('device/wwid') ?? tree.text('wwid'),
    vpd80: tree.bytes('device/vpd_pg80'),
    vpd83: tree.bytes('device/vpd_pg83'),
    sg: sg === undefined ? undefined : `/dev/${sg}`,
    characters: [...nodesIn(tree.child('device')), ...(tree.text(`../${genericOf(tree.name)}/dev`)?.split('\n') ?? [])],
    dm:
      dmName === undefined
        ? undefined
        : { name: dmName, uuid: tree.text('dm/uuid') ?? '', suspended: tree.text('dm/suspended') === '1', slaves: namesIn(tree, 'slaves') },
  }
}

/** @param pattern the one of the plan for the partitions. */
export function partitionsIn(disk: Tree, pattern: string): BlockDevice['partitions'] {
  const parts = disk.children(pattern).filter((part) => part.text('partition') !== undefined)
  return parts.map((part) => ({ name: part.name, device: part.text('dev') ?? '', holders: namesIn(part, 'holders') }))
}

/** The kernel name of the block device with this number (`8:16`). */
export async function nameOfDevice(host: Host, device: string): Promise<string | undefined> {
  const place = await host.files.resolve(`/sys/dev/block/${device}`)
  return place?.split('/').at(-1)
}
