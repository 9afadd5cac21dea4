/** Watches whether multipathd takes over a map that it did not create. Only then failed paths come back and new paths are added. */
import type { Operation, LatePaths } from '../operation/operation.js'
import { Window } from '../core/deadline.js'
import { BrickworkError, isBrickworkError } from '../core/errors.js'
import { first, LinkedSignal } from '../core/signal.js'
import { multipathdRuns, readDaemonMaps } from '../linux/multipath/daemon.js'
import { mapOfWwid, type MultipathMap } from '../linux/multipath/map.js'

const ADOPT_MS = 10_000
/** multipathd is asked after an event of the map, at most this often: each answer makes it check all its paths. */
const ASK_MS = 1000

/** Continues after the attach has returned. Publishes `map:unmanaged` if multipathd doesn't take over the map. */
export function watchTakeover(operation: Operation, map: MultipathMap): LatePaths {
  const ending = new LinkedSignal()
  const branch = operation.branch(ending.signal)
  const done = watch(branch, map)
    .catch((error: unknown) => {
      if (!ending.signal.aborted || !isBrickworkError(error))
        branch.progress.note('could not check whether multipathd has taken over the map', { map: map.name, error })
    })
    .finally(() => ending[Symbol.dispose]())
  const cancel = async () => {
    ending.abort(new BrickworkError('ERR_ABORTED', 'Another operation needs the map'))
    await done
  }
  return { done, cancel }
}

/** Combines two: both continue, and both end. */
export function together(one: LatePaths, other: LatePaths | undefined): LatePaths {
  if (other === undefined) return one
  const both = async (ends: readonly Promise<void>[]) => {
    await Promise.all(ends)
  }
  return { done: both([one.done, other.done]), cancel: () => both([one.cancel(), other.cancel()]) }
}

async function watch(operation: Operation, map: MultipathMap): Promise<void> {
  const { host, signal } = operation
  const wwid = map.uuid.slice('mpath-'.length)
  const givenUpAt = host.clock.now() + ADOPT_MS
  using events = await host.events.watch([map.block.name])
  for (;;) {
    const left = givenUpAt - host.clock.now()
    if (await isListed(operation, wwid, Math.max(ASK_MS, left))) return
    if (left <= 0) break
    await host.clock.sleep(Math.min(ASK_MS, left), signal)
    await first(
      signal,
      (ended) => events.next(ended),
      (ended) => host.clock.sleep(Math.max(0, givenUpAt - host.clock.now()), ended),
    )
  }
  if ((await mapOfWwid(host, wwid, signal)) !== undefined) operation.progress.emit({ type: 'map:unmanaged', map: map.name })
}

/** `false` also while the daemon is busy or starting. */
async function isListed({ host, signal }: Operation, wwid: string, withinMs: number): Promise<boolean> {
  if (!(await multipathdRuns(host))) return false
  using window = new Window(host.clock, withinMs, signal, "multipathd's list of its maps")
  try {
    return (await readDaemonMaps(host, window.signal)).includes(wwid)
  } catch (error) {
    signal.throwIfAborted()
    if (window.signal.aborted || isBrickworkError(error, 'ERR_DAEMON_UNREACHABLE')) return false
    throw error
  }
}
