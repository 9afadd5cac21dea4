import { requireUnused } from '../operation/device-users.js'
import type { Operation } from '../operation/operation.js'
import { isBrickworkError } from '../core/errors.js'
import { first } from '../core/signal.js'
import { multipathdRuns } from '../linux/multipath/daemon.js'
import type { BlockOfDisk } from '../linux/block/block.js'
import { mapOver, type MultipathMap } from '../linux/multipath/map.js'
import { type Ask, withAnswers } from './no-answer.js'

/** Pause before multipathd is asked again after it refused or did not answer. No event announces that it would accept now. */
const ASK_AGAIN_MS = 200

/**
 * Removes one disk from the map that has it. The other paths stay. With the last path multipathd removes the map too.
 * @throws `ERR_HELD` when the disk is the last path of a map in use; `ERR_DAEMON_UNREACHABLE` when multipathd has not answered by the deadline.
 */
export async function removePath(operation: Operation, disk: string): Promise<void> {
  await withAnswers(operation, (ask) => askUntilRemoved(operation, disk, ask))
}
async function askUntilRemoved(operation: Operation, disk: string, ask: Ask): Promise<void> {
  const { host, signal } = operation
  using watch = await host.events.watch([disk])
  for (;;) {
    const map = await mapOver(host, disk, signal)
    if (map === undefined || !(await multipathdRuns(host))) return
    watch.add([map.block.name])
    await requireRemovable(operation, map)
    await ask(`del path ${disk}`, `${disk} stays in map ${map.name}`)
    if ((await mapOver(host, disk, signal)) === undefined) return
    // Until udev has processed a new map, the map keeps its paths. A daemon that is starting must be asked again.
    await first(
      signal,
      (ended) => watch.next(ended),
      (ended) => host.clock.sleep(ASK_AGAIN_MS, ended),
    )
  }
}

/**
 * Makes the kernel send no more I/O of the map to this disk, even if multipathd is busy. multipathd reinstates the path at its next check,
 * so the caller must also make multipathd remove it. Leaves the last path of a map alone.
 */
export async function failPath({ host, signal }: Operation, { name, device }: Pick<BlockOfDisk, 'name' | 'device'>): Promise<void> {
  const map = await mapOver(host, name, signal)
  if (map === undefined || map.slaves.length === 1) return
  try {
    await host.kernel.deviceMapper({ uuid: map.uuid, command: { message: `fail_path ${device}` } }, signal)
  } catch (error) {
    if (!isBrickworkError(error, 'ERR_KERNEL') || error.details['errno'] !== 'EINVAL') throw error // EINVAL: the disk has left the map
  }
}

/**
 * A map in use keeps its last path.
 * @throws `ERR_HELD` when the map has one path or none, and is in use.
 */
export async function requireRemovable(operation: Operation, map: MultipathMap): Promise<void> {
  if (map.slaves.length <= 1) await requireUnused(operation, [map.block], { force: false })
}
