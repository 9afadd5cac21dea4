/** From paths to a map. multipathd creates the map. The attach ensures that it does, and that the map has only paths of the volume. */
import type { AttachedDevice } from '../../operation/connector.js'
import { requireNotBuiltOn } from '../../operation/not-built-on.js'
import type { Operation } from '../../operation/operation.js'
import type { Connection } from '../../api/connection.js'
import { Window } from '../../core/deadline.js'
import { BrickworkError, isBrickworkError } from '../../core/errors.js'
import type { MultipathMap } from '../../linux/multipath/map.js'
import { isYounger } from '../../linux/udev/about.js'
import type { Expected } from '../../api/attachment.js'
import { together, watchTakeover } from '../../multipath/watch-takeover.js'
import { waitForMap, notFormed } from './wait-for-map.js'
import { MapCreator } from '../../multipath/create-map.js'
import { requireOneUp } from '../disk/answers.js'
import { activeMembers, membersOf } from './map-members.js'
import { describePath, disksAt } from '../disk/disk-of.js'
import { takesIo } from '../../linux/scsi/access-state.js'
import { scsiIdentity } from '../disk/identity.js'
import { requireNoMapBeside } from './same-volume.js'
import { Paths } from './paths.js'
import { releaseOthers } from './release-paths.js'
import type { NamedPath, Transport } from '../transport.js'

/** Brings up all paths at once. Returns when enough of them are in the map and the grace time of the policy is over. */
export async function attachOverAllPaths(
  operation: Operation,
  transport: Transport,
  connection: Connection,
  named: readonly NamedPath[],
  expected: Expected,
): Promise<AttachedDevice> {
  const paths = new Paths(operation, transport, connection, named, expected)
  try {
    const min = least(operation, paths)
    const creator = new MapCreator(operation)
    await enough(operation, paths, min, creator)
    const map = await operation.progress.step('assemble', () =>
      waitForMap(operation, transport, paths, min, creator).catch((error: unknown) => {
        throw isBrickworkError(error, 'ERR_TIMEOUT') ? notFormed('multipathd created none in time', error) : error
      }),
    )
    if (map === undefined) return await singleDevice(operation, transport, paths, named)
    const rest = paths.latePaths()
    operation.latePaths = operation.policy.assemble === 'direct' ? together(watchTakeover(operation, map), rest) : rest
    return asMap(operation, transport, paths, map)
  } catch (error) {
    await paths.stop()
    throw error
  }
}

function least({ policy }: Operation, paths: Paths): number {
  const { min } = policy.paths
  return min === 'all' ? paths.total : Math.min(min, paths.total)
}

/** Waits for the minimum number of paths, then for the rest until the grace time is over. */
async function enough(operation: Operation, paths: Paths, min: number, creator: MapCreator): Promise<void> {
  const { want, graceMs } = operation.policy.paths
  const wanted = want === 'all' ? paths.total : Math.min(want, paths.total)
  const prepare = () => {
    const wwid = paths.good[0]?.identity.wwid
    if (wwid !== undefined) creator.prepare(wwid)
  }
  while (paths.good.length < min) {
    const changed = paths.change
    prepare()
    paths.check(min)
    await changed(operation.signal)
  }
  prepare()
  using grace = new Window(operation.host.clock, graceMs, operation.signal, 'grace for further paths')
  while (paths.awaited > 0 && paths.good.length < wanted && !grace.signal.aborted) {
    const changed = paths.change
    await changed(grace.signal).catch(() => {
      operation.signal.throwIfAborted()
    })
  }
  paths.check(min)
}

/** Uses the first path alone and removes the others: an unused disk could later become a second path of a map. */
async function singleDevice(
  operation: Operation,
  transport: Transport,
  paths: Paths,
  named: readonly NamedPath[],
): Promise<AttachedDevice> {
  await paths.stop()
  const only = paths.good.find(({ device }) => takesIo(paths.accessStates.get(device.name)))
  if (only === undefined) throw new BrickworkError('ERR_MULTIPATH_NOT_FORMED', 'No remaining path accepts reads and writes')
  const { path, nexus, disk, fresh } = only.scanned
  await requireNotBuiltOn(operation, only.device.name)
  await releaseOthers(operation, transport, path, nexus)
  const others = named.filter((each) => each !== path)
  await requireNoMapBeside(operation, only.device, only.identity, await disksAt(operation, transport, others))
  operation.progress.note('no multipath map was formed: a single device is used', { device: only.device.name, paths: paths.good.length })
  return {
    device: only.device,
    sources: [scsiIdentity(only.device)],
    paths: [describePath(transport, nexus, disk)],
    sinceMs: only.scanned.sinceMs,
    degraded: true,
    named: paths.total,
    ...(fresh ? {} : { before: [only.device.name] }),
    confirm: () => requireOneUp(operation, transport, [nexus]),
    ...only.identity,
  }
}

/**
 * When the scan began that led to this map. A map that is younger than a disk of this attach's own scan was created after that scan began.
 */
function createdSince({ good }: Paths, { block }: MultipathMap): number | undefined {
  return good.find(({ scanned, device }) => scanned.fresh && isYounger(block, device))?.scanned.sinceMs
}

function asMap(operation: Operation, transport: Transport, paths: Paths, map: MultipathMap): AttachedDevice {
  const inMap = membersOf(paths, map)
  const active = activeMembers(paths, map)
  const [first] = inMap
  const before = inMap.flatMap(({ scanned, device }) => (scanned.fresh ? [] : [device.name]))
  if (active.length === 1) operation.progress.note('the volume runs on one path', { map: map.name, of: paths.total })
  return {
    device: map.block,
    sinceMs: createdSince(paths, map),
    sources: inMap.map(({ device }) => scsiIdentity(device)),
    paths: inMap.map(({ scanned: { nexus, disk }, device: { name } }) =>
      describePath(transport, nexus, { ...disk, accessState: paths.accessStates.get(name) }),
    ),
    multipath: { name: map.name, device: `/dev/${map.block.name}`, uuid: map.uuid },
    degraded: active.length < paths.total,
    named: paths.total,
    ...(before.length === 0 ? {} : { before: [map.block.name, ...before] }),
    confirm: () =>
      requireOneUp(
        operation,
        transport,
        inMap.map(({ scanned: { nexus } }) => nexus),
      ),
    identity: first?.identity.identity ?? null,
    wwid: first?.identity.wwid,
    serial: first?.identity.serial,
  }
}
