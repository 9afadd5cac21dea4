/** From verified paths to a map. multipathd creates it, or Brickwork does. The wait goes on at events and at times that are due. */
import type { Operation } from '../../operation/operation.js'
import { requireInvariant } from '../../core/invariant.js'
import { BrickworkError, isBrickworkError } from '../../core/errors.js'
import { first } from '../../core/signal.js'
import type { BlockDevice } from '../../linux/block/device.js'
import { multipathdRuns } from '../../linux/multipath/daemon.js'
import { mapUuid, type MultipathMap } from '../../linux/multipath/map.js'
import type { PathMember } from '../../linux/multipath/members.js'
import { showSameVolume } from '../../linux/scsi/volume-names.js'
import type { ShownIdentity } from '../../operation/identity.js'
import { MapRequest } from '../../multipath/request-map.js'
import { claimMap } from '../../multipath/claim-map.js'
import { intendMap } from '../../multipath/intend-map.js'
import type { MapCreator } from '../../multipath/create-map.js'
import { activeMembers, mapOverPaths, membersOf } from './map-members.js'
import { originOfMap } from './map-origin.js'
import { isLeftAlone } from './left-alone.js'
import { newsOf } from './map-news.js'
import { mayRequestMap } from './may-request-map.js'
import { isMapOfOneVolume, requireSameVolume } from './same-volume.js'
import { mapObject } from '../../multipath/objects.js'
import type { Transport } from '../transport.js'
import { KnownToUdev } from './known-to-udev.js'
import type { Paths } from './paths.js'
import { isReader } from './write-protection.js'

/** How long to wait for a map once multipathd can know every path, if the policy allows a single device. */
const FORM_MS = 10_000
/** udev never ends its work on a path that has died since. When to read the states of the paths again, if no event asks for it. */
const UNTOLD_MS = 1000

/** Returns the map with at least `min` verified paths; `undefined` when it doesn't form and the policy allows a single device. */
export async function waitForMap(
  operation: Operation,
  transport: Transport,
  paths: Paths,
  min: number,
  creator: MapCreator,
): Promise<MultipathMap | undefined> {
  const { volume } = paths
  if (volume === undefined || volume.names.length === 0) {
    await doWithout(operation, 'the volume shows no WWID')
    return undefined
  }
  const { host, signal, policy } = operation
  const { wwid } = volume
  using watch = await operation.udev.with(host, await keysOf(operation, wwid))
  using request = new MapRequest(operation, wwid, () => devicesOf(paths, volume).map(({ name }) => name))
  const progress = new Progress()
  const udev = new KnownToUdev(operation)
  let name: string | undefined
  for (;;) {
    const changed = paths.change
    paths.check(min)
    requireOneVolume(operation, paths, volume)
    watch.add(paths.good.map(({ device }) => device.name))
    const shown = watch.seen
    const { map, states, unverified } = await mapOverPaths(operation, transport, paths, { name })
    name = map?.block.name
    if (unverified !== undefined) {
      if (paths.open === 0) throw unverified
      await first(
        signal,
        (ended) => watch.next(ended),
        (ended) => changed(ended),
      ).catch((error: unknown) => {
        throw isBrickworkError(error, 'ERR_TIMEOUT') ? unverified : error
      })
      continue
    }
    if (map === undefined && wwid !== undefined && creator.isDue && (await creator.tryToMake(() => devicesOf(paths, volume), wwid)))
      continue
    if (map !== undefined) watch.add([map.block.name])
    const told = await udev.knowsAll(paths.good, states)
    const isBusy = map === undefined && !told && creator.dueAt === undefined
    const isEarly = isBusy && policy.paths.graceMs > 0
    const now = host.clock.now()
    progress.note(now, map, told)
    const waited = progress.bothSince === undefined ? 0 : now - progress.bothSince
    const isLate = creator.made || waited >= policy.paths.graceMs
    const isComplete = map !== undefined && membersOf(paths, map).length >= paths.good.length
    if (map !== undefined && isUsable(operation, paths, map) && (isLate || isComplete) && activeMembers(paths, map).length >= min) {
      const mine = await claimed(operation, transport, paths, map, min, volume)
      if (mine !== undefined) return mine
    }
    if (policy.multipath !== 'require' && progress.toldFor(now) >= FORM_MS) {
      if (map !== undefined) throw notFormed(`map ${map.name} has ${membersOf(paths, map).length} of its paths`)
      await doWithout(operation, `multipathd created no map for it within ${FORM_MS} ms`)
      return undefined
    }
    const { blacklisted } = request
    if (map === undefined && blacklisted !== undefined) {
      await doWithout(operation, `multipathd's configuration blacklists ${blacklisted} (multipath.conf, blacklist)`)
      operation.progress.note("multipathd's configuration blacklists the volume: not waiting for a map", { blacklisted })
      return undefined
    }
    const [some] = paths.good
    if (map === undefined && progress.told && creator.dueAt === undefined && (await isLeftAlone(operation, paths))) {
      operation.progress.note('multipathd is stopped (SIGSTOP) and creates no map for a single path: not waiting for a map')
      return undefined
    }
    const asks = map === undefined && progress.told && request.isDue && some !== undefined
    if (asks && (await mayRequestMap(operation, paths, wwid))) {
      if (wwid !== undefined) await intendMap(operation, wwid)
      request.ask(some.device.name)
    }
    if (request.uid !== undefined) watch.add([`uuid:${mapUuid(request.uid)}`])
    const isNews = newsOf(operation, paths, map, shown, isBusy)
    const due = [
      isBusy ? now + UNTOLD_MS : undefined,
      progress.dueAt(policy.paths.graceMs),
      map === undefined ? creator.dueAt : undefined,
      map === undefined && progress.told ? request.dueAt : undefined,
    ]
    const wait = () =>
      first(
        signal,
        (ended) => watch.next(ended, isNews),
        (ended) => changed(ended),
        (ended) => request.answered(ended),
        (ended) => untilOneOf(operation, due, now, ended),
      )
    await wait()
    // Until udev has processed every path, no map is complete.
    while (isEarly && (await udev.knowsMore(paths.good))) await wait()
  }
}

/**
 * Claims the map and returns it as it is under its lock. A path that was in it may have failed since, and have been its last one.
 * multipathd removes such a map, or creates another one of the same volume. Returns `undefined` in these cases.
 */
async function claimed(
  operation: Operation,
  transport: Transport,
  paths: Paths,
  seen: MultipathMap,
  min: number,
  volume: ShownIdentity,
): Promise<MultipathMap | undefined> {
  // The one query under the lock also shows what is to be compared of its paths.
  let members: readonly PathMember[] = []
  const mapNow = async () => {
    const now = await mapOverPaths(operation, transport, paths, { name: seen.block.name, members: true })
    members = now.members
    return now.map
  }
  let map = await claimMap(operation, seen, mapNow, (now) => originOfMap(operation, now, members))
  if (map === undefined) return undefined
  for (const path of paths.good) requireSameVolume(path, paths.good, volume)
  if (!(await isMapOfOneVolume(operation, map, volume, paths, members))) map = undefined
  if (map !== undefined && isUsable(operation, paths, map) && activeMembers(paths, map).length >= min) {
    requireOneVolume(operation, paths, volume)
    paths.decide()
    return map
  }
  await operation.claim.disown(mapObject(seen, 'found').key)
  return undefined
}

/** The disks of the verified paths to this volume. */
function devicesOf({ good }: Paths, volume: ShownIdentity): BlockDevice[] {
  return good.filter(({ identity }) => showSameVolume(identity.names, volume.names)).map(({ device }) => device)
}
function requireOneVolume({ host }: Operation, { good }: Paths, volume: ShownIdentity): void {
  const isOne = good.every(({ identity }) => showSameVolume(identity.names, volume.names))
  const shown = good.map(({ path, identity }) => ({ path: path.label, wwid: identity.wwid ?? null }))
  requireInvariant(host, 'one volume in a map', isOne, { paths: shown })
}

/** Since when multipathd can know all paths, and since when there is a map. */
class Progress {
  #toldAt: number | undefined
  #seenAt: number | undefined

  /** multipathd creates the map from the first path. It adds each other path when udev has processed that path. */
  note(now: number, map: MultipathMap | undefined, told: boolean): void {
    this.#toldAt = told ? (this.#toldAt ?? now) : undefined
    this.#seenAt = map === undefined ? undefined : (this.#seenAt ?? now)
  }
  get told(): boolean {
    return this.#toldAt !== undefined
  }
  get bothSince(): number | undefined {
    return this.#toldAt === undefined || this.#seenAt === undefined ? undefined : Math.max(this.#toldAt, this.#seenAt)
  }
  toldFor(now: number): number {
    return this.#toldAt === undefined ? 0 : now - this.#toldAt
  }
  /** When the next decision is due that no event announces. */
  dueAt(graceMs: number): number[] {
    const { bothSince } = this
    return [...(bothSince === undefined ? [] : [bothSince + graceMs]), ...(this.#toldAt === undefined ? [] : [this.#toldAt + FORM_MS])]
  }
}

/**
 * The events to watch for the map: udev's event for a device with this uuid. The kernel's own events don't name the map before a path fails.
 * Without a WWID, without udev, or when the policy does not wait for udev, all device-mapper devices are watched too.
 */
async function keysOf({ host, policy, udev }: Operation, wwid: string | undefined): Promise<string[]> {
  const early = policy.ready === 'kernel' || !(await udev.runs(host))
  return [...(wwid === undefined ? [] : [`uuid:${mapUuid(wwid)}`]), ...(early || wwid === undefined ? ['dm-*'] : [])]
}

/**
 * Whether the map is live, its origin is known, and it is as writable as its paths. A map that was created over a write-protected path
 * stays read-only until its next table.
 */
function isUsable(operation: Operation, { good, isAdopting }: Paths, map: MultipathMap): boolean {
  return !map.suspended && !isAdopting && (isReader(operation) || map.block.readOnly === good.every(({ device }) => device.readOnly))
}

async function untilOneOf(
  { host }: Operation,
  due: readonly (number | number[] | undefined)[],
  lookedAt: number,
  ended: AbortSignal,
): Promise<void> {
  const times = due.flat().filter((at) => at !== undefined && at > lookedAt) as number[]
  await host.clock.sleep(times.length === 0 ? FORM_MS : Math.max(0, Math.min(...times) - host.clock.now()), ended)
}

/** @throws `ERR_MULTIPATH_NOT_FORMED` when the policy requires a map. */
async function doWithout({ host, policy }: Operation, why: string): Promise<void> {
  if (policy.multipath !== 'require') return
  throw notFormed((await multipathdRuns(host)) ? why : `${why}; multipathd is no longer running`)
}
export function notFormed(why: string, cause?: unknown): BrickworkError {
  return new BrickworkError('ERR_MULTIPATH_NOT_FORMED', `No multipath map: ${why}`, cause === undefined ? {} : { cause })
}
