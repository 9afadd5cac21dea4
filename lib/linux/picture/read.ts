/** The whole picture: two walks of sysfs, one of udev's database, the mounts, and a question for each multipath map. */
import type { Host } from '../../core/host.js'
import type { AttachmentMark, BlockPicture, SessionPicture } from '../../picture.js'
import { blocksByAddress, describer, isMultipath, type MarksOf } from './assemble.js'
import { parseBlockFacts } from './block.js'
import { readMapStatuses } from './maps.js'
import { readMounts, readSwaps } from './mounts.js'
import { parseNvme } from './nvme.js'
import { allElse, blockDevices } from './plan.js'
import { parseScsi } from './scsi.js'
import { readUdev } from './udev.js'

export interface Marks {
  readonly ofDevice: MarksOf
  readonly ofSession: (session: Pick<SessionPicture, 'session' | 'target'>) => readonly AttachmentMark[]
}
/** So many devices are taken in hand before others get their turn. */
const PART = 500

/** What vanishes meanwhile is absent, or a name that leads nowhere. */
export async function readPicture(host: Host, marks: Marks, signal: AbortSignal): Promise<BlockPicture> {
  const [blocks, others] = await Promise.all([readBlocks(host, signal), readOthers(host, signal)])
  const { facts, udev, statuses, mounts, swaps } = blocks
  const { scsi, scsiDevices, nvme } = others
  const byAddress = new Map(scsiDevices.map((device) => [device.hctl, device]))
  const sources = { facts, scsi: byAddress, nvme, udev, statuses: statuses.statuses, mounts: mounts.mounts, swaps, marksOf: marks.ofDevice }
  const devices = await inParts(host, facts, signal, describer(sources))
  const blockOf = blocksByAddress(devices)
  return {
    hosts: scsi.hosts,
    sessions: scsi.sessions.map((session) => ({ ...session, attachments: marks.ofSession(session) })),
    remotePorts: scsi.remotePorts,
    scsiDevices: scsiDevices.map((device) => {
      const block = blockOf.get(device.hctl)
      return block === undefined ? device : { ...device, block }
    }),
    subsystems: nvme.subsystems,
    controllers: nvme.controllers,
    devices,
    unseen: [...statuses.unseen, ...mounts.unseen],
  }
}

/** Block devices, and what is known of them by their numbers. */
async function readBlocks(host: Host, signal: AbortSignal) {
  const tree = await host.kernel.readTree(blockDevices, signal)
  const facts = (await inParts(host, tree.children(), signal, parseBlockFacts)).filter((each) => each !== undefined)
  const maps = facts.filter(isMultipath).flatMap(({ dm }) => dm?.uuid ?? [])
  const numbers = facts.map(({ number }) => number)
  const [udev, statuses, mounts, swaps] = await Promise.all([
    readUdev(host, numbers, signal),
    readMapStatuses(host, maps, signal),
    readMounts(host, signal),
    readSwaps(host),
  ])
  return { facts, udev, statuses, mounts, swaps }
}

/** Hosts, sessions, SCSI devices, NVMe. */
async function readOthers(host: Host, signal: AbortSignal) {
  const tree = await host.kernel.readTree(allElse, signal)
  const scsi = parseScsi(tree)
  return { scsi, scsiDevices: await inParts(host, scsi.trees, signal, scsi.parse), nvme: parseNvme(tree) }
}

/** A long list does not keep the process from everything else. */
async function inParts<T, Made>(host: Host, list: readonly T[], signal: AbortSignal, make: (each: T) => Made): Promise<Made[]> {
  const made: Made[] = []
  for (const [index, each] of list.entries()) {
    if (index > 0 && index % PART === 0) await host.clock.sleep(0, signal)
    made.push(make(each))
  }
  return made
}
