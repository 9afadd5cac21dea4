/** The whole picture: one walk of sysfs, one of udev's database, the mounts, and a question for each multipath map. */
import type { Host } from '../../core/host.js'
import type { AttachmentMark, BlockPicture, DevicePicture, SessionPicture } from '../../picture.js'
import { blocksByAddress, describer, isMultipath, type MarksOf } from './assemble.js'
import { type BlockFacts, blockTrees, parseBlockFacts } from './block.js'
import { readMapStatuses } from './maps.js'
import { readMounts, readSwaps } from './mounts.js'
import { parseNvme } from './nvme.js'
import { sysfs } from './plan.js'
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
  const sys = await host.kernel.readTree(sysfs, signal)
  const facts: BlockFacts[] = []
  await inParts(host, blockTrees(sys), signal, (tree) => {
    const each = parseBlockFacts(tree)
    if (each !== undefined) facts.push(each)
  })
  const maps = facts.filter(isMultipath).flatMap(({ dm }) => dm?.uuid ?? [])
  const numbers = facts.map(({ number }) => number)
  const [udev, { statuses, unseen }, mounts, swaps] = await Promise.all([
    readUdev(host, numbers, signal),
    readMapStatuses(host, maps, signal),
    readMounts(host, signal),
    readSwaps(host),
  ])
  const [scsi, nvme] = [parseScsi(sys), parseNvme(sys)]
  const byAddress = new Map(scsi.devices.map((device) => [device.hctl, device]))
  const sources = { facts, scsi: byAddress, nvme, udev, statuses, mounts: mounts.mounts, swaps, marksOf: marks.ofDevice }
  const describe = describer(sources)
  const devices: DevicePicture[] = []
  await inParts(host, facts, signal, (each) => devices.push(describe(each)))
  const blocks = blocksByAddress(devices)
  return {
    hosts: scsi.hosts,
    sessions: scsi.sessions.map((session) => ({ ...session, attachments: marks.ofSession(session) })),
    remotePorts: scsi.remotePorts,
    scsiDevices: scsi.devices.map((device) => {
      const block = blocks.get(device.hctl)
      return block === undefined ? device : { ...device, block }
    }),
    subsystems: nvme.subsystems,
    controllers: nvme.controllers,
    devices,
    unseen: [...unseen, ...mounts.unseen],
  }
}

/** A long list does not keep the process from everything else. */
async function inParts<T>(host: Host, list: readonly T[], signal: AbortSignal, act: (each: T) => unknown): Promise<void> {
  for (const [index, each] of list.entries()) {
    if (index > 0 && index % PART === 0) await host.clock.sleep(0, signal)
    act(each)
  }
}
