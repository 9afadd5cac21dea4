/** Resizes the map to the size of its paths, through multipathd. A map of another program is left to that program. */
import type { ResizedLayer } from '../../api/attacher.js'
import { Window } from '../../core/deadline.js'
import { BrickworkError } from '../../core/errors.js'
import { first } from '../../core/signal.js'
import { multipathdRuns } from '../../linux/multipath/daemon.js'
import { mapOfWwid, type MultipathMap } from '../../linux/multipath/map.js'
import { type Ask, withAnswers } from '../../multipath/no-answer.js'
import { mapObject } from '../../multipath/objects.js'
import type { Operation } from '../../operation/operation.js'

/** multipathd refuses while it waits for udev to see the map. */
const ASK_AGAIN_MS = 200
/** How long another program may take to resize its map. It is expected to react to the events of the paths. */
const FOLLOWS_MS = 5000

/**
 * multipathd loads a table of the new size when all paths have that size. A map of another program gets no command: this only waits for its
 * size.
 * @param map as it was before the paths were rescanned
 * @param paths the layers below it
 * @throws `ERR_RESIZE_NOT_CONVERGED` when the map of another program keeps another size than its paths; `ERR_DAEMON_UNREACHABLE` when no
 * multipathd runs, or when it has not answered by the deadline; `ERR_TARGET_UNREACHABLE` when the map has gone.
 */
export async function resizeMap(operation: Operation, map: Before, size: number, paths: readonly ResizedLayer[]): Promise<MultipathMap> {
  return await withAnswers(operation, (ask) => untilResized(operation, map, size, paths, ask))
}
type Before = Pick<MultipathMap, 'uuid' | 'block'>

async function untilResized(
  operation: Operation,
  { uuid, block }: Before,
  size: number,
  paths: readonly ResizedLayer[],
  ask: Ask,
): Promise<MultipathMap> {
  const { host, signal } = operation
  using watch = await host.events.watch([`uuid:${uuid}`])
  using patience = new Window(host.clock, FOLLOWS_MS, signal, `the size of map ${uuid}`)
  for (;;) {
    const map = await mapOfWwid(host, uuid.slice('mpath-'.length), signal)
    if (map === undefined) throw new BrickworkError('ERR_TARGET_UNREACHABLE', `Map ${uuid} disappeared during the resize`)
    if (map.block.sizeBytes === size && !map.suspended) return map
    watch.add([map.block.name])
    const isTheirs = isFound(operation, map)
    if (isTheirs && patience.signal.aborted) throw notFollowed(map, block.sizeBytes, size, paths)
    if (!isTheirs && map.block.sizeBytes !== size) await tell(operation, map, ask)
    await first(
      signal,
      (ended) => watch.next(ended),
      (ended) => host.clock.sleep(ASK_AGAIN_MS, ended),
    )
  }
}

function isFound({ claim: { entry } }: Operation, map: MultipathMap): boolean {
  return entry.objects.some((object) => object.key === mapObject(map, 'found').key && object.origin === 'found')
}
async function tell({ host }: Operation, { name, block }: MultipathMap, ask: Ask): Promise<void> {
  if (!(await multipathdRuns(host)))
    throw new BrickworkError('ERR_DAEMON_UNREACHABLE', `Cannot resize map ${name}: multipathd is not running (systemctl start multipathd)`)
  await ask(`resize map ${block.name}`, `map ${name} keeps its size`)
}
function notFollowed({ name, block }: MultipathMap, beforeBytes: number, size: number, paths: readonly ResizedLayer[]): BrickworkError {
  const layers: ResizedLayer[] = [...paths, { device: `/dev/${block.name}`, beforeBytes, afterBytes: block.sizeBytes }]
  return new BrickworkError(
    'ERR_RESIZE_NOT_CONVERGED',
    `Map ${name} has ${block.sizeBytes} bytes, but its paths have ${size}. Another program created the map and must resize it (multipathd resize map ${name})`,
    { details: { layers, map: name } },
  )
}
