/** The whole picture: sysfs, udev's database, the mounts, and a question for each multipath map. */
import type { Host } from '../../core/host.js'
import type { AttachmentMark, BlockPicture, SessionPicture } from '../../picture.js'
import { blocksByAddress, describer, isMultipath, type MarksOf } from './assemble.js'
import { parseBlockFacts } from './block.js'
import { readMapStatuses } from './maps.js'
import { readMounts, readSwaps } from './mounts.js'
import { parseNvme } from './nvme.js'
import { allElse, BLOCK_DEVICES, blockDevices, SCSI_DEVICES, scsiDevices } from './plan.js'
import { addressesOf, parseScsi } from './scsi.js'
import { readUdev } from './udev.js'

export interface Marks {
  readonly ofDevice: MarksOf
  readonly ofSession: (session: Pick<SessionPicture, 'session' | 'target'>) => readonly AttachmentMark[]
}
/** So many devices are read at once, and taken in hand before others get their turn. */
const PART = 200
/** Parts of one kind that are read side by side, so that the machine reads the next ones while one is taken in hand. */
const READERS = 2

/** What vanishes meanwhile is absent, or a name that leads nowhere. */
export async function readPicture(host: Host, marks: Marks, signal: AbortSignal): Promise<BlockPicture> {
  const [blocks, others, mounts, swaps] = await Promise.all([
    readBlocks(host, signal),
    readOthers(host, signal),
    readMounts(host, signal),
    readSwaps(host),
  ])
  const facts = blocks.flatMap((part) => part.facts)
  const { scsi, scsiDevices, nvme } = others
  const sources = {
    facts,
    scsi: new Map(scsiDevices.map((device) => [device.hctl, device])),
    nvme,
    udev: new Map(blocks.flatMap((part) => part.facts.map(({ number }) => [number, part.udev] as const))),
    statuses: new Map(blocks.flatMap((part) => [...part.statuses.statuses])),
    mounts: mounts.mounts,
    swaps,
    marksOf: marks.ofDevice,
  }
  const describe = describer(sources)
  const devices = await inTurns(host, facts, signal, describe)
  const blockOf = blocksByAddress(devices)
  return {
    hosts: scsi.hosts,
    sessions: scsi.sessions.map((session) => ({ ...session, attachments: marks.ofSession(session) })),
    remotePorts: scsi.remotePorts,
    scsiDevices: await inTurns(host, scsiDevices, signal, (device) => {
      const block = blockOf.get(device.hctl)
      return block === undefined ? device : { ...device, block }
    }),
    subsystems: nvme.subsystems,
    controllers: nvme.controllers,
    devices,
    unseen: [...new Set(blocks.flatMap((part) => part.statuses.unseen)), ...mounts.unseen],
  }
}

/** Block devices, and what is known of them by their numbers. */
async function readBlocks(host: Host, signal: AbortSignal) {
  return await inParts(await host.files.list(BLOCK_DEVICES), async (names) => {
    const tree = await host.kernel.readTree(blockDevices(names), signal)
    const facts = tree.children().flatMap((each) => parseBlockFacts(each) ?? [])
    const maps = facts.filter(isMultipath).flatMap(({ dm }) => dm?.uuid ?? [])
    const numbers = facts.map(({ number }) => number)
    const [udev, statuses] = await Promise.all([readUdev(host, numbers, signal), readMapStatuses(host, maps, signal)])
    return { facts, udev, statuses }
  })
}

/** Hosts, sessions, SCSI devices, NVMe. */
async function readOthers(host: Host, signal: AbortSignal) {
  const [tree, names] = await Promise.all([host.kernel.readTree(allElse, signal), host.files.list(SCSI_DEVICES)])
  const scsi = parseScsi(tree)
  const parts = await inParts(addressesOf(names), async (addresses) => {
    const part = await host.kernel.readTree(scsiDevices(addresses), signal)
    // A tree is sorted by name as text.
    return addresses.flatMap((address) => part.child(address) ?? []).map(scsi.parse)
  })
  return { scsi, scsiDevices: parts.flat(), nvme: parseNvme(tree) }
}

/** What is made of each part, in order; {@link READERS} parts are under way at once. */
async function inParts<Made>(names: readonly string[], make: (part: readonly string[]) => Promise<Made>): Promise<Made[]> {
  const made: Made[] = []
  let next = 0
  const reader = async () => {
    for (let from = next; from < names.length; from = next) {
      next = from + PART
      made[from / PART] = await make(names.slice(from, from + PART))
    }
  }
  await Promise.all(Array.from({ length: READERS }, reader))
  return made
}

/** A long list does not keep the process from everything else. */
async function inTurns<T, Made>(host: Host, list: readonly T[], signal: AbortSignal, make: (each: T) => Made): Promise<Made[]> {
  const made: Made[] = []
  for (const [index, each] of list.entries()) {
    if (index > 0 && index % PART === 0) await host.clock.sleep(0, signal)
    made.push(make(each))
  }
  return made
}
