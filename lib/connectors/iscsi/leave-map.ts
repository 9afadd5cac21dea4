import type { Operation } from '../../attach/operation.js'
import { first } from '../../core/signal.js'
import { askedMultipathd, multipathdRuns } from '../../linux/multipath/daemon.js'
import { mapOver } from '../../linux/multipath/map.js'
import { ASK_AGAIN_MS } from './patience.js'

/** Takes one disk out of whatever map has it; the others stay in. With its last path multipathd takes the map away too. */
export async function leaveMap({ host, signal }: Operation, disk: string): Promise<void> {
  using watch = await host.events.watch([disk])
  for (;;) {
    const map = await mapOver(host, disk, signal)
    if (map === undefined || !(await multipathdRuns(host))) return
    watch.add([map.block.name])
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
