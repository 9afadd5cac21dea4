/** Removes a map before its paths: a map without paths can hang every process that opens it. */
import type { ReleaseOptions } from '../../operation/connector.js'
import type { HostObject } from '../../operation/entry.js'
import { openExclusively, PASSING_MS, requireUnused } from '../../operation/device-users.js'
import { heldError } from '../../operation/held-error.js'
import type { Operation } from '../../operation/operation.js'
import { Window } from '../../core/deadline.js'
import { type BrickworkError, isBrickworkError } from '../../core/errors.js'
import { first } from '../../core/signal.js'
import { readBlockDevice } from '../../linux/block/device.js'
import { readLeads } from '../../linux/block/leads.js'
import { argument, askedUnlessSilent, configuredName, multipathdRuns } from '../../linux/multipath/daemon.js'
import { mapOfWwid, mapOver, type MultipathMap } from '../../linux/multipath/map.js'
import { parseMapStatus } from '../../linux/multipath/status.js'
import { UNANNOUNCED_MS } from '../../linux/wait.js'
import { DISK } from '../disk/objects.js'
import { checkPaths, failWithoutPath, pathsOf } from './check-paths.js'
import { MAP, mapLock, mapObject } from '../../multipath/objects.js'
import { text } from '../../operation/object-data.js'
import type { Transport } from '../transport.js'
import { mayFlush } from '../disk/lun-remap.js'
import type { ReleaseReport } from '../../operation/release-report.js'
import { readPathDevices } from '../../linux/multipath/path-devices.js'
import { originOfMap } from './map-origin.js'

/** Pause before multipathd, which did not remove the map, is asked again. */
const ASK_AGAIN_MS = 1000

/** `gone`: the map was not there any more. */
export async function releaseMap(
  operation: Operation,
  transport: Transport,
  object: HostObject,
  report: ReleaseReport,
  options: ReleaseOptions,
): Promise<'removed' | 'kept' | 'gone'> {
  const uuid = text(object.data, 'uuid')
  const what = `map ${text(object.data, 'name')}`
  return await operation.locked(mapLock(uuid), async () => {
    const map = await mapOfWwid(operation.host, uuid.slice('mpath-'.length), operation.signal)
    const reason = map === undefined ? undefined : await reasonToKeep(operation, object, map)
    if (map !== undefined && reason !== undefined && options.flush) await requireUnusedIfItStays(operation, object, map)
    if (map !== undefined && reason === undefined && !isBegun(operation, map)) operation.claim.requireClear(object.key)
    if (reason !== undefined) report.keep(what, reason)
    else {
      if (map !== undefined) operation.claim.requireOurs(object)
      if (map !== undefined) await removeMap(operation, transport, object, map, report, options)
      report.check(`${what} is gone from the kernel`)
    }
    await operation.claim.disown(object.key)
    return reason !== undefined ? 'kept' : map === undefined ? 'gone' : 'removed'
  })
}

/**
 * Maps that no claim names, over disks that the attachment created: a failed attach may not have learnt of its own map. Maps of other
 * programs are not among them, because their paths are removed one by one.
 */
export async function unknownMaps(operation: Operation, disks: readonly HostObject[]): Promise<HostObject[]> {
  const { host, signal, claim } = operation
  const known = new Set(claim.entry.objects.filter(({ kind }) => kind === MAP).map(({ key }) => key))
  const names = new Set(
    disks.filter(({ origin }) => origin !== 'found').flatMap(({ data }) => (data['name'] === null ? [] : [String(data['name'])])),
  )
  const found = new Map<string, HostObject>()
  for (const name of names) {
    const map = await mapOver(host, name, signal)
    if (map === undefined || found.has(map.uuid) || !map.slaves.every((slave) => names.has(slave))) continue
    // A disk that another attachment uses stays, and so does the map that multipathd has created over it.
    if (await isShared(operation, disks, map)) continue
    found.set(map.uuid, mapObject(map, await originOfMap(operation, map)))
  }
  return [...found.values()].filter(({ key, origin }) => !known.has(key) && origin !== 'found')
}

async function isShared({ claim }: Operation, disks: readonly HostObject[], map: MultipathMap): Promise<boolean> {
  for (const { key, data } of disks) if (map.slaves.includes(String(data['name'])) && (await claim.mayBeShared(key))) return true
  return false
}

/**
 * Requires that nobody uses a map that stays while paths of this attachment leave it. A map of another program may be in use if it keeps a
 * working path.
 * @throws `ERR_HELD`
 */
async function requireUnusedIfItStays(operation: Operation, object: HostObject, map: MultipathMap): Promise<void> {
  if ((await operation.claim.others(object.key)).length > 0) return
  const staying = map.slaves.filter((slave) => !leaves(operation, slave))
  if (staying.length === map.slaves.length) return
  if (object.origin === 'found' && (await hasWorkingPath(operation, map, staying))) return
  await requireUnused(operation, [map.block], operation)
}
/** Whether the release removes this disk from the host. */
function leaves({ claim: { entry } }: Operation, name: string): boolean {
  return entry.objects.some(({ kind, origin, data }) => kind === DISK && origin !== 'found' && data['name'] === name)
}
async function hasWorkingPath({ host, signal }: Operation, { uuid }: MultipathMap, among: readonly string[]): Promise<boolean> {
  const devices = (await readPathDevices(host, among, signal)).map(({ device }) => device)
  const [target] = (await host.kernel.deviceMapper({ uuid, command: 'status' }, signal))?.targets ?? []
  const paths = target === undefined ? [] : (parseMapStatus(target.parameters)?.paths ?? [])
  return paths.some(({ device, active }) => active && devices.includes(device))
}
function strangersIn({ claim: { entry } }: Operation, map: MultipathMap): string[] {
  const own = new Set(entry.objects.filter(({ kind }) => kind === DISK).map(({ data }) => data['name']))
  return map.slaves.filter((slave) => !own.has(slave))
}

async function reasonToKeep(operation: Operation, object: HostObject, map: MultipathMap): Promise<string | undefined> {
  if ((await operation.claim.others(object.key)).length > 0) return 'another attachment uses it'
  if (object.origin === 'found') return 'it belongs to another program: it existed before the attach, or has paths of that program'
  const strangers = strangersIn(operation, map)
  return strangers.length === 0 ? undefined : `it has paths that do not belong to this attachment: ${strangers.join(', ')}`
}
/** Whether every path of the map appeared after this process began its work, and so the map did too. */
function isBegun({ claim }: Operation, map: MultipathMap): boolean {
  const begun = claim.entry.objects.filter(({ kind, key }) => kind === DISK && claim.unclear(key) === undefined)
  return map.slaves.length > 0 && map.slaves.every((slave) => begun.some(({ data }) => data['name'] === slave))
}

async function removeMap(
  operation: Operation,
  transport: Transport,
  object: HostObject,
  map: MultipathMap,
  report: ReleaseReport,
  options: ReleaseOptions,
): Promise<void> {
  const { host, signal } = operation
  if (options.flush) await finishWith(operation, transport, object, map, report, options)
  else {
    // The map was never handed out. A process that only probes it must not wait for a path.
    await requireUnused(operation, [map.block, ...(await pathsOf(operation, map))], { force: false })
    await failWithoutPath(operation, map)
    await options.leaving()
  }
  using watch = await host.events.watch([map.block.name])
  const givenUpAt = host.clock.now() + PASSING_MS
  await operation.progress.step('remove-map', async () => {
    let askAt = host.clock.now()
    for (;;) {
      const asks = host.clock.now() >= askAt
      if ((await remove(operation, map, asks)) !== 'busy') return
      if (asks) askAt = host.clock.now() + ASK_AGAIN_MS
      if (operation.force && host.clock.now() >= givenUpAt) throw await stuckMap(operation, object, map)
      // udev's rules have the map open for a moment after each event, and no event announces the close.
      await first(
        signal,
        (ended) => watch.next(ended),
        (ended) => host.clock.sleep(UNANNOUNCED_MS, ended),
      )
    }
  })
}

/** Checks paths and users of the map, flushes it, and reports to the release that removals begin. */
async function finishWith(
  operation: Operation,
  transport: Transport,
  object: HostObject,
  map: MultipathMap,
  report: ReleaseReport,
  options: ReleaseOptions,
): Promise<void> {
  const paths = await pathsOf(operation, map)
  await operation.progress.step('check-paths', () => checkPaths(operation, object, map, paths, report))
  const ofPaths = await operation.progress.step('check-users', () => requireUnused(operation, paths, operation))
  if (ofPaths.length > 0) report.override('check-users', `paths of map ${map.name}`, heldError(map.block, ofPaths, []))
  const guarded = await operation.progress.step('check-users', () => openExclusively(operation, map.block))
  if (guarded.overridden.length > 0) report.override('check-users', `map ${map.name}`, heldError(map.block, guarded.overridden, []))
  try {
    if (guarded.hold !== undefined && (await operation.progress.step('verify', () => mayFlush(operation, transport, map, report))))
      await operation.progress.step('flush', () => flush(operation, map, report))
    await options.leaving()
  } finally {
    await guarded.hold?.release()
  }
}

/**
 * device-mapper keeps a map as long as a process has it open. From now on the map fails all I/O, even when its paths are gone. The next
 * detach after the close removes it.
 */
async function stuckMap(operation: Operation, object: HostObject, map: MultipathMap): Promise<BrickworkError> {
  const now = (await readBlockDevice(operation.host, map.block.name, operation.signal)) ?? map.block
  const holders = await requireUnused(operation, [now], operation)
  await failWithoutPath(operation, map)
  await operation.claim.own({ ...object, data: { ...object.data, givenUp: 'by force' } })
  return heldError(map.block, holders.length > 0 ? holders : [{ kind: 'unidentified' }], []).with({ details: { stuckMap: map.uuid } })
}
export function isStuckMap({ details }: BrickworkError): boolean {
  return details['stuckMap'] !== undefined
}

/**
 * Removes the map through multipathd, which then forgets it. Without multipathd, when it does not answer, or between two requests (`asks`
 * is `false`), removes it through device-mapper. Requests need a pause: without one, a daemon that is starting would never finish its
 * start.
 */
async function remove(operation: Operation, map: MultipathMap, asks: boolean): Promise<'removed' | 'busy' | 'gone'> {
  const { host, signal } = operation
  const there = async () => (await mapOfWwid(host, map.uuid.slice('mpath-'.length), signal)) !== undefined
  // multipath-tools before 0.11 accepts only this name of the map.
  const command = `del map ${argument(configuredName(map.name))}`
  if (asks && (await multipathdRuns(host)) && (await askedUnlessSilent(host, command, signal)) !== 'no-answer')
    return (await there()) ? 'busy' : 'removed'
  const now = await readBlockDevice(host, map.block.name, signal)
  for (const { uuid } of now === undefined ? [] : (await readLeads(host, now, signal)).partitionMaps)
    if ((await host.kernel.removeMap(uuid, signal)) === 'busy') return 'busy'
  return await host.kernel.removeMap(map.uuid, signal)
}

/**
 * Flushes the map, so that written data reaches the volume. If that fails, throws, unless the caller or the report has given up the data.
 */
async function flush(operation: Operation, map: MultipathMap, report: ReleaseReport): Promise<void> {
  const { host, signal, force, remainingMs } = operation
  using window = new Window(host.clock, force ? remainingMs / 3 : remainingMs, signal, `flush of map ${map.name}`)
  try {
    await host.kernel.flush(`/dev/${map.block.name}`, window.signal)
  } catch (error) {
    signal.throwIfAborted()
    if (!isBrickworkError(error) || (!force && !report.dataLossPossible)) throw error
    report.override('flush', `map ${map.name}`, error)
    operation.progress.note('removing a map that could not be flushed', { map: map.name, error })
  }
}
