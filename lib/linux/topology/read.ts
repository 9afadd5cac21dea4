/** Reads the whole topology: sysfs, udev's database, the mounts, and the status of each multipath map. */
import type { Host } from '../../core/host.js'
import type { AttachmentOwner, BlockTopology } from '../../api/topology.js'
import { BlockIndex, describer, isMultipath, type OwnersOf } from './assemble.js'
import { parseBlockFacts } from './block.js'
import { readMaps } from './maps.js'
import { readMounts, readSwaps } from './mounts.js'
import { parseNvme } from './nvme.js'
import { allElse, BLOCK_DEVICES, blockDevices, SCSI_DEVICES, scsiDevices } from './plan.js'
import { addressesOf, parseScsi, type ScsiDevice } from './scsi.js'
import { readUdev } from './udev.js'
import { type PathChecks, readPathChecks } from '../multipath/path-checks.js'

export interface Owners {
  readonly ofDevice: OwnersOf
  /** Owners of an object of this kind whose recorded data has these fields. */
  readonly ofObject: (kind: string, fields: Readonly<Record<string, string | number>>) => readonly AttachmentOwner[]
}
/** Number of devices that are read and processed before other work of this process gets its turn. */
const PART = 200
const unasked: PathChecks = { checks: new Map(), unseen: [] }

/** Objects that vanish during the query are missing, or appear only as names that refer to nothing. */
export async function readTopology(
  host: Host,
  owners: Owners,
  signal: AbortSignal,
  { askMultipathd = false }: { readonly askMultipathd?: boolean } = {},
): Promise<BlockTopology> {
  const blocks = new BlockIndex()
  const [parts, others, mounts, swaps, daemon] = await Promise.all([
    readBlocks(host, blocks, signal),
    readOthers(host, signal),
    readMounts(host, signal),
    readSwaps(host),
    askMultipathd ? readPathChecks(host, signal) : unasked,
  ])
  const { scsi, byAddress, pages, nvme } = others
  const describe = describer({
    blocks,
    scsi: byAddress,
    pages,
    nvme,
    drivers: new Map(scsi.hosts.map(({ host: number, driver }) => [number, driver])),
    checks: daemon.checks,
    mounts: mounts.mounts,
    swaps,
    ownersOf: owners.ofDevice,
  })
  const blockOf = new Map<string, string>()
  const devices = await inTurns(host, parts, signal, ({ facts }) => {
    const described = facts.map(describe)
    for (const { hctl, name } of described) if (hctl !== undefined) blockOf.set(hctl, name)
    return described
  })
  const scsiDevices = await inTurns(host, others.parts, signal, (part) =>
    part.map((device) => {
      const block = blockOf.get(device.hctl)
      if (block !== undefined) device.block = block
      return device
    }),
  )
  return {
    hosts: scsi.hosts,
    sessions: scsi.sessions.map((session) => ({
      ...session,
      attachments: owners.ofObject('session', { session: session.session, iqn: session.target }),
    })),
    remotePorts: scsi.remotePorts,
    scsiDevices,
    subsystems: nvme.subsystems,
    controllers: nvme.controllers.map((controller) => {
      const nqn = nvme.subsystems.find(({ name }) => name === controller.subsystem)?.nqn
      const instance = Number(controller.name.replace('nvme', ''))
      const attachments = nqn === undefined ? [] : owners.ofObject('controller', { instance, nqn })
      return attachments.length === 0 ? controller : { ...controller, attachments }
    }),
    devices,
    unseen: [...new Set(parts.flatMap(({ unseen }) => unseen)), ...mounts.unseen, ...daemon.unseen],
  }
}

/** Block devices, with the facts that are found by their device numbers. */
async function readBlocks(host: Host, index: BlockIndex, signal: AbortSignal) {
  const read = (names: readonly string[]) => host.kernel.readTree(blockDevices(names), signal)
  return await inParts(await host.files.list(BLOCK_DEVICES), read, async (tree) => {
    const facts = tree.children().flatMap((each) => parseBlockFacts(each) ?? [])
    const maps = facts.filter(isMultipath).flatMap(({ dm }) => dm?.uuid ?? [])
    const numbers = facts.map(({ number }) => number)
    const [records, found] = await Promise.all([readUdev(host, numbers, signal), readMaps(host, maps, signal)])
    index.add(facts, records, found.maps)
    return { facts, unseen: found.unseen }
  })
}

/** Hosts, sessions, SCSI devices, NVMe. */
async function readOthers(host: Host, signal: AbortSignal) {
  const [tree, names] = await Promise.all([host.kernel.readTree(allElse, signal), host.files.list(SCSI_DEVICES)])
  const scsi = parseScsi(tree)
  const byAddress = new Map<string, ScsiDevice>()
  const pages = new Map<string, Uint8Array>()
  const read = async (addresses: readonly string[]) => ({ addresses, tree: await host.kernel.readTree(scsiDevices(addresses), signal) })
  const parts = await inParts(addressesOf(names), read, ({ addresses, tree: part }) => {
    // The children of a tree are sorted by name as text; the addresses are sorted as numbers.
    const trees = addresses.flatMap((address) => part.child(address) ?? [])
    const found = trees.map(scsi.parse)
    for (const device of found) byAddress.set(device.hctl, device)
    for (const each of trees) {
      const page = each.bytes('vpd_pg83')
      if (page !== undefined) pages.set(each.name, page)
    }
    return found
  })
  return { scsi, parts, byAddress, pages, nvme: parseNvme(tree) }
}

/** Processes each part, in order. The machine reads the next part while one is processed. */
async function inParts<Read, Made>(
  names: readonly string[],
  read: (part: readonly string[]) => Promise<Read>,
  take: (part: Read) => Made | Promise<Made>,
): Promise<Made[]> {
  const made: Made[] = []
  const begin = (from: number) => (from < names.length ? read(names.slice(from, from + PART)) : undefined)
  let ahead = begin(0)
  for (let from = PART; ahead !== undefined; from += PART) {
    const part: Read = await ahead
    ahead = begin(from)
    // The next round awaits it. If this round fails, the caller gets this error, and that one must not be unhandled.
    ahead?.catch(() => undefined)
    made.push(await take(part))
  }
  return made
}

/** Processes a long list in parts, so that other work of this process gets its turn between them. */
async function inTurns<Part, Made>(
  host: Host,
  parts: readonly Part[],
  signal: AbortSignal,
  make: (part: Part) => readonly Made[],
): Promise<readonly Made[]> {
  const made: (readonly Made[])[] = []
  for (const part of parts) {
    made.push(make(part))
    await host.clock.sleep(0, signal)
  }
  return made.flat()
}
