import { requireUnused } from '../operation/device-users.js'
import type { Operation } from '../operation/operation.js'
import { isBrickworkError } from '../core/errors.js'
import { first } from '../core/signal.js'
import { askedMultipathd, multipathdRuns } from '../linux/multipath/daemon.js'
import type { BlockOfDisk } from '../linux/block/block.js'
import { mapOver, type MultipathMap } from '../linux/multipath/map.js'

/** multipathd that refused, or did not answer, is asked again after this: no event tells that it has changed its mind. */
const ASK_AGAIN_MS = 200

/**
 * Takes one disk out of whatever map has it; the others stay in. With its last path multipathd takes the map away too.
 * @throws `ERR_HELD` when it is the last path of a map that somebody uses.
 */
export async function removePath(operation: Operation, disk: string): Promise<void> {
  const { host, signal } = operation
  using watch = await host.events.watch([disk])
  for (;;) {
    const map = await mapOver(host, disk, signal)
    if (map === undefined || !(await multipathdRuns(host))) return
    watch.add([map.block.name])
    await requireRemovable(operation, map)
    await askedMultipathd(host, `del path ${disk}`, signal)
    if ((await mapOver(host, disk, signal)) === undefined) return
    // A map that udev has not seen yet keeps its paths until then; a daemon that is starting again is asked again.
    await first(
      signal,
      (ended) => watch.next(ended),
      (ended) => host.clock.sleep(ASK_AGAIN_MS, ended),
    )
  }
}

/**
 * No I/O of a map goes to this disk from now on, whatever multipathd is at. That puts it back at its next check, so it has to be told too. The
 * last path of a map is left as it is.
 */
export async function failPath({ host, signal }: Operation, { name, device }: Pick<BlockOfDisk, 'name' | 'device'>): Promise<void> {
  const map = await mapOver(host, name, signal)
  if (map === undefined || map.slaves.length === 1) return
  try {
    await host.kernel.deviceMapper({ uuid: map.uuid, command: { message: `fail_path ${device}` } }, signal)
  } catch (error) {
    if (!isBrickworkError(error, 'ERR_KERNEL') || error.details['errno'] !== 'EINVAL') throw error // it has just left the map
  }
}

/**
 * A map in use keeps its last path.
 * @throws `ERR_HELD`
 */
export async function requireRemovable(operation: Operation, map: MultipathMap): Promise<void> {
  if (map.slaves.length <= 1) await requireUnused(operation, [map.block], { force: false })
}
