/** SCSI devices and their disks below one directory of sysfs. */
import type { DeviceState } from '../../api/attachment.js'
import type { Host, TreeExpectation } from '../../core/host.js'
import type { Plan, PlanChild, PlanNode, Tree } from '../../core/tree.js'
import { type BlockOfDisk, parseBlock } from '../block/block.js'
import { type BlockDevice, partitionsIn } from '../block/device.js'
import { linksIn } from '../sysfs.js'
import { nodesIn, nodesPlan } from './nodes.js'
import { NO_VOLUME, peripheralOf } from './lun-kind.js'
import { parseDesignators, parseSerial, wwidOf } from './vpd.js'

export interface ScsiDisk {
  /** `3:0:0:1` */
  readonly hctl: string
  readonly lun: bigint
  /** Directory of the scsi_device. */
  readonly directory: string
  /** `unknown` for an incomplete device, see {@link isHalfThere}. */
  readonly state: DeviceState
  /** Peripheral device type: 0 for a disk, 12 for a RAID controller, … (SPC-4 table 142); `undefined` for an incomplete device. */
  readonly type: number | undefined
  /** Peripheral qualifier in the INQUIRY data of the kernel's scan: 0, or 1 when the target has no logical unit there (SPC-4 table 141). */
  readonly qualifier: number
  /** The kernel's identity string. Guards later writes. */
  readonly kernelWwid: string | undefined
  /** The pages as the kernel read them when it found the device. */
  readonly vpd80: Uint8Array | undefined
  readonly vpd83: Uint8Array | undefined
  readonly wwid: string | undefined
  readonly serial: string | undefined
  /** `active/optimized`, `standby`, …; `undefined` when no device handler reports it. */
  readonly accessState: string | undefined
  /** sg node for commands; `undefined` without the sg module. */
  readonly sg: string | undefined
  /** `undefined` until the disk driver has created the block device, some milliseconds after the SCSI device. */
  readonly block: BlockOfDisk | undefined
}
/** A disk with all that {@link BlockDevice} has, for {@link blockDeviceOf}. */
export interface WholeDisk extends ScsiDisk {
  readonly partitions: BlockDevice['partitions']
  /** Numbers of its character nodes (sg, bsg): `21:3`. */
  readonly characters: readonly string[]
}
const NO_STATE = 'unknown'
/** drivers/scsi/scsi_sysfs.c, sdev_states. */
const STATES: readonly DeviceState[] = [
  'created',
  'running',
  'cancel',
  'deleted',
  'quiesce',
  'offline',
  'transport-offline',
  'blocked',
  'created-blocked',
]
/**
 * The kernel is removing the device, or has only begun to create it. A removal first deletes the attributes and then the block device. Only
 * then does it flush the device's cache (drivers/base/core.c, device_del; drivers/scsi/sd.c, sd_remove). Without a connection, the flush
 * lasts as long as the kernel waits for one. The device's directory exists until then.
 */
export function isHalfThere({ state }: ScsiDisk): boolean {
  return [NO_STATE, 'cancel', 'deleted', 'created'].includes(state)
}

const sgNode: PlanChild = { pattern: 'scsi_generic', node: { children: [{ pattern: 'sg*', node: {} }] } }
const holders = linksIn('holders')
/** sd names partitions after the disk: `sda1`. */
const PARTITIONS = 'sd*'
const partitionsPlan: PlanChild = { pattern: PARTITIONS, node: { attributes: ['dev', 'partition'], children: [holders] } }

/**
 * The scsi_devices below the parent of a target directory (a session, a remote port): all of them, or those of one LUN with their
 * partitions and nodes.
 */
const devicesAt = (lun?: string): PlanNode => ({
  children: [
    {
      pattern: 'target*',
      node: {
        children: [
          {
            pattern: `*:*:*:${lun ?? '*'}`,
            node: {
              attributes: ['state', 'type', 'inquiry', 'wwid', 'vpd_pg80', 'vpd_pg83', 'access_state'],
              children: [
                ...(lun === undefined ? [sgNode] : nodesPlan),
                {
                  pattern: 'block',
                  node: {
                    children: [
                      {
                        pattern: '*',
                        node: {
                          attributes: ['dev', 'size', 'ro', 'diskseq', 'queue/logical_block_size'],
                          children: lun === undefined ? [holders] : [holders, partitionsPlan],
                        },
                      },
                    ],
                  },
                },
              ],
            },
          },
        ],
      },
    },
  ],
})
export const scsiDevices: PlanNode = devicesAt()

/** All disks below `directory`. A device that another program is adding or removing is either complete or absent. */
export async function readDisks(host: Host, directory: string, signal: AbortSignal): Promise<ScsiDisk[]> {
  const plan: Plan = { root: directory, node: scsiDevices }
  const tree = await host.kernel.readTree(plan, signal)
  return disksOf(tree, directory)
}

/** The disk at one LUN. The work does not depend on the number of other LUNs. */
export async function readDisk(host: Host, directory: string, lun: bigint, signal: AbortSignal): Promise<WholeDisk | undefined> {
  return diskIn(await host.kernel.readTree(diskPlan(directory, lun), signal), directory, lun)
}
/** What {@link readDisk} reads, for a job. */
export const diskPlan = (directory: string, lun: bigint): Plan => ({ root: directory, node: devicesAt(String(lun)) })
/** The disk in a tree that was read by {@link diskPlan}. */
export function diskIn(tree: Tree, directory: string, lun: bigint): WholeDisk | undefined {
  return wholeDisksOf(tree, directory).find((each) => each.lun === lun)
}
const deviceAt = (lun: bigint): readonly string[] => ['target*', `*:*:*:${lun}`]
/** That a tree of {@link diskPlan} shows no device at the LUN. */
export const noDevice = (lun: bigint): TreeExpectation => ({ path: deviceAt(lun), absent: true })
/** That it shows whether the device is a disk: its block device is there, the device is none, or there is no device. */
export const disksFate = (lun: bigint): readonly TreeExpectation[] => [
  { path: [...deviceAt(lun), 'block', '*'] },
  { path: deviceAt(lun), attribute: 'inquiry', firstByte: NO_VOLUME },
  noDevice(lun),
]

/** As `readBlockDevice` would read it. `undefined` without a block device. */
export function blockDeviceOf({ block, partitions, kernelWwid, vpd80, vpd83, sg, characters }: WholeDisk): BlockDevice | undefined {
  return block === undefined ? undefined : { ...block, partitions, kernelWwid, vpd80, vpd83, sg, characters, dm: undefined }
}

export function disksOf(tree: Tree, directory: string): ScsiDisk[] {
  return wholeDisksOf(tree, directory)
}
/** Partitions and nodes are complete only if the plan was that of one LUN. */
function wholeDisksOf(tree: Tree, directory: string): WholeDisk[] {
  return tree
    .children('target*')
    .flatMap((target) => target.children().flatMap((entry) => parseDisk(entry, `${directory}/${target.name}/${entry.name}`) ?? []))
}

/** `undefined` for names other than host:channel:target:LUN. */
function parseDisk(entry: Tree, directory: string): WholeDisk | undefined {
  const lun = /^[0-9]+:[0-9]+:[0-9]+:([0-9]+)$/.exec(entry.name)?.[1]
  if (lun === undefined) return undefined
  const type = entry.text('type')
  const vpd80 = entry.bytes('vpd_pg80')
  const vpd83 = entry.bytes('vpd_pg83')
  const sg = entry.child('scsi_generic')?.children()[0]?.name
  const block = entry.child('block')?.children()[0]
  return {
    hctl: entry.name,
    lun: BigInt(lun),
    directory,
    state: stateOf(entry.text('state')),
    type: type !== undefined && /^[0-9]+$/.test(type) ? Number(type) : undefined,
    qualifier: peripheralOf(entry.bytes('inquiry'))?.qualifier ?? 0,
    kernelWwid: entry.text('wwid'),
    vpd80,
    vpd83,
    wwid: vpd83 === undefined ? undefined : wwidOf(parseDesignators(vpd83)),
    serial: vpd80 === undefined ? undefined : parseSerial(vpd80),
    accessState: entry.text('access_state'),
    sg: sg === undefined ? undefined : `/dev/${sg}`,
    block: block === undefined ? undefined : parseBlock(block),
    partitions: block === undefined ? [] : partitionsIn(block, PARTITIONS),
    characters: nodesIn(entry),
  }
}
function stateOf(text: string | undefined): DeviceState {
  return STATES.find((state) => state === text) ?? NO_STATE
}
