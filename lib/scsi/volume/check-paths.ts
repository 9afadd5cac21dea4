/** Makes a map without a live path fail its I/O, after a check that nobody uses it. */
import type { HostObject } from '../../operation/entry.js'
import { requireUnused } from '../../operation/device-users.js'
import type { Operation } from '../../operation/operation.js'
import { BrickworkError } from '../../core/errors.js'
import { type BlockDevice, readBlockDevices } from '../../linux/block/device.js'
import { askedMultipathd, multipathdRuns } from '../../linux/multipath/daemon.js'
import type { MultipathMap } from '../../linux/multipath/map.js'
import { parseMapStatus } from '../../linux/multipath/status.js'
import { waitsForIo } from '../../linux/process-state.js'
import { maybe } from '../../operation/object-data.js'
import type { ReleaseReport } from '../../operation/release-report.js'

/**
 * A map that queues I/O for want of a path answers nobody, not even an open that reads its partitions. Makes such a map fail its I/O, if
 * the caller has given up the data written to it (`force`, or `onNoPaths: 'fail-io'`).
 * @throws `ERR_TARGET_UNREACHABLE` when the caller has not; `ERR_HELD` when the map or one of its paths is in use.
 */
export async function checkPaths(
  operation: Operation,
  object: HostObject,
  map: MultipathMap,
  paths: readonly BlockDevice[],
  report: ReleaseReport,
): Promise<void> {
  const force = operation.force || maybe(object.data, 'givenUp') !== undefined
  if ((await livePaths(operation, map)) !== 0) return
  const dead = new BrickworkError(
    'ERR_TARGET_UNREACHABLE',
    `Map ${map.name} has no live path, so written data cannot reach the volume. To discard the data, detach with force or onNoPaths 'fail-io'`,
    { details: { map: map.name, paths: map.slaves } },
  )
  if (!force && operation.onNoPaths === 'fail') throw dead
  // A process that waits for that very I/O can't end before the I/O fails, and the caller has given it up.
  await requireUnused(operation, [map.block, ...paths], { force, except: ({ pid }) => waitsForIo(operation.host, pid) })
  report.override('check-paths', `map ${map.name}`, dead)
  await failWithoutPath(operation, map)
  operation.progress.note('a map without a live path now fails its I/O', { map: map.name })
}

/** Has multipathd disable queueing too: otherwise it would make the map queue again. */
export async function failWithoutPath({ host, signal }: Operation, map: MultipathMap): Promise<void> {
  if (await multipathdRuns(host)) await askedMultipathd(host, `disablequeueing map ${map.block.name}`, signal)
  await host.kernel.deviceMapper({ uuid: map.uuid, command: { message: 'fail_if_no_path' } }, signal)
}

/** The paths of the map as devices of their own. The map is left out of their holders, so any holder that remains is another user. */
export async function pathsOf({ host, signal }: Operation, { block, slaves }: MultipathMap): Promise<BlockDevice[]> {
  const paths = await readBlockDevices(host, slaves, signal)
  return paths.map((path) => ({ ...path, holders: path.holders.filter((holder) => holder !== block.name) }))
}

async function livePaths({ host, signal }: Operation, { uuid }: MultipathMap): Promise<number | undefined> {
  const status = await host.kernel.deviceMapper({ uuid, command: 'status' }, signal)
  const [target] = status?.targets ?? []
  return target === undefined ? undefined : parseMapStatus(target.parameters)?.paths.filter(({ active }) => active).length
}
