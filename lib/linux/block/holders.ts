/** Finds the users of a block device: those that have it open exclusively, and those that have it open without O_EXCL. */
import type { Host, Openers } from '../../core/host.js'
import { NEVER } from '../../core/light-signal.js'
import { MergedQuery, SharedQuery } from '../../core/shared-query.js'
import { until } from '../../core/signal.js'
import type { Holder } from '../../api/attachment.js'
import type { BlockDevice } from './device.js'
import { exportsOf } from './exports.js'
import { type Found, type Leads, readLeads } from './leads.js'
import { mountsOf } from './mounts.js'
import { attempt } from '../attempt.js'
import { followPath } from './node-paths.js'
import { unexplainedOpens } from './open-count.js'

export interface Holders {
  readonly holders: readonly Holder[]
  /** What could not be read, as text for messages. */
  readonly unseen: readonly string[]
}
/** All users of a device. */
export interface AllHolders {
  /** Users for which an O_EXCL open fails, and openers that device-mapper counts but no other query identifies. */
  readonly exclusive: readonly Holder[]
  readonly silent: readonly Holder[]
  readonly unseen: readonly string[]
}
interface FoundHolders {
  readonly found: readonly Found[]
  readonly unseen: readonly string[]
}

/** multipathd keeps the paths that it checks open, but does not use them. */
const CHECKER = 'multipathd'

/**
 * Finds all users of the device, its partitions and its partition maps. The check of device-mapper's open count also detects openers that
 * no other query can identify. Examples are a file system with its own device number and an export whose path no longer exists. The count
 * needs no working path to the volume, which an open may need.
 */
export async function allHolders(host: Host, device: BlockDevice, signal: AbortSignal, ownOpens = 0): Promise<AllHolders> {
  const leads = await readLeads(host, device, signal)
  const [loud, silent] = [await loudOnes(host, leads, signal), await silentOnes(host, device, leads, signal)]
  const unidentified = await unexplainedOpens(host, device, leads, [...loud.found, ...silent.found], ownOpens, signal)
  return {
    exclusive: [...holdersIn(loud.found), ...unidentified],
    silent: holdersIn(silent.found),
    unseen: [...loud.unseen, ...silent.unseen],
  }
}
/** Openers that O_EXCL does not detect: processes (QEMU, backup), loop devices and exports of this host. */
export async function silentHolders(host: Host, device: BlockDevice, signal: AbortSignal): Promise<Holders> {
  return holdersOf(await silentOnes(host, device, await readLeads(host, device, signal), signal))
}
/** Users for which an O_EXCL open fails: devices built on the device, mounts in any namespace, swap, exports by LIO. */
export async function exclusiveHolders(host: Host, device: BlockDevice, signal: AbortSignal): Promise<Holders> {
  return holdersOf(await loudOnes(host, await readLeads(host, device, signal), signal))
}
const holdersOf = ({ found, unseen }: FoundHolders): Holders => ({ holders: holdersIn(found), unseen })
/** A process that has several nodes of the device open counts as one holder. */
function holdersIn(found: readonly Found[]): Holder[] {
  const all = found.map(({ holder }) => holder)
  return all.filter(
    ({ kind, pid }, index) => kind !== 'process' || all.findIndex((each) => each.kind === kind && each.pid === pid) === index,
  )
}

/** Processes that have one of these character nodes open. `characters`: their device numbers, `21:3`. */
export async function characterHolders(host: Host, characters: readonly string[], signal: AbortSignal): Promise<Holders> {
  return holdersOf(await openersOf(host, characters.map(asCharacter), signal))
}

async function silentOnes(host: Host, device: BlockDevice, leads: Leads, signal: AbortSignal): Promise<FoundHolders> {
  const numbers = [...leads.nodes.map((node) => node.device), ...device.characters.map(asCharacter)]
  const { found, unseen } = await openersOf(host, numbers, signal)
  const exported = await exportsOf(host, leads, signal)
  return { found: [...found, ...exported.silent], unseen: [...unseen, ...exported.unseen] }
}
const asCharacter = (number: string) => `c${number}`

async function openersOf(host: Host, numbers: readonly string[], signal: AbortSignal): Promise<FoundHolders> {
  const { openers: all, unseen } = await until(queryOf(host).ask(numbers), signal)
  const openers = all.filter((each) => numbers.includes(each.device))
  const each = new Map(openers.map((opener) => [`${opener.pid} ${opener.device}`, opener]))
  const processes = await Promise.all(
    [...each.values()].map(async ({ pid, device: on }): Promise<Found[]> => {
      const command = await attempt(host.files.read(`/proc/${pid}/comm`))
      if (command === undefined || command === CHECKER) return [] // the process has ended and holds nothing, or it is multipathd
      const opens = openers.filter((opener) => opener.pid === pid && opener.device === on).length
      return [{ holder: { kind: 'process', pid, ...(command === 'refused' ? {} : { command }) }, on, opens }]
    }),
  )
  return { found: processes.flat(), unseen: unseen === 0 ? [] : [`open files of ${unseen} processes (no permission)`] }
}

async function loudOnes(host: Host, leads: Leads, signal: AbortSignal): Promise<FoundHolders> {
  const swapped = await swapsOf(host, leads, signal)
  const mounted = await mountsOf(host, leads, signal)
  const { exclusive } = await exportsOf(host, leads, signal)
  return { found: [...leads.built, ...swapped, ...mounted.found, ...exclusive], unseen: mounted.unseen }
}

/** `/dev/dm-1   partition 65532 0 -2`: mm/swapfile.c */
async function swapsOf(host: Host, { nodes }: Leads, signal: AbortSignal): Promise<Found[]> {
  const lines = ((await until(swapsQueryOf(host).ask(), signal)) ?? '').split('\n').filter((line) => line.startsWith('/dev/'))
  const found: Found[] = []
  for (const line of lines) {
    const [path = ''] = line.split(/\s/)
    const named = nodes.find(({ name }) => path === `/dev/${name}`)
    const target = named ?? (await followPath(host, path, signal))
    const node = typeof target === 'object' ? nodes.find(({ device }) => device === target.device) : undefined
    if (node !== undefined) found.push({ holder: { kind: 'swap', where: `/dev/${node.name}` }, on: node.device, opens: 1 })
  }
  return found
}

const swapQueries = new WeakMap<Host, SharedQuery<string | undefined>>()
function swapsQueryOf(host: Host): SharedQuery<string | undefined> {
  const known = swapQueries.get(host) ?? new SharedQuery(host.clock, () => host.files.read('/proc/swaps'))
  swapQueries.set(host, known)
  return known
}

/** Open files of all processes. During an attach storm, callers that ask at the same time share one query. */
const queries = new WeakMap<Host, MergedQuery<string, Openers>>()
function queryOf(host: Host): MergedQuery<string, Openers> {
  const known = queries.get(host) ?? new MergedQuery(host.clock, (devices) => host.kernel.openers(devices, NEVER))
  queries.set(host, known)
  return known
}
