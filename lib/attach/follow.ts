import type { Host } from '../core/host.js'
import { first } from '../core/signal.js'
import { SUBSYSTEMS } from '../linux/topology/plan.js'
import type { BlockTopology } from '../api/topology.js'

/** One attach causes a dozen events. They are collected for this long, then the topology is read once. */
const GATHER_MS = 100
/** How often the topology is read without an event: no event announces changes of transport states and mounts. */
const QUERY_MS = 2000

/** Yields the topology now and after each change. Ends when the signal aborts. */
export async function* followTopology(host: Host, query: () => Promise<BlockTopology>, signal: AbortSignal): AsyncGenerator<BlockTopology> {
  using watch = await host.events.watch(SUBSYSTEMS.map((subsystem) => `subsystem:${subsystem}`))
  let before = ''
  try {
    for (;;) {
      const topology = await query()
      signal.throwIfAborted()
      const now = JSON.stringify(topology)
      if (now !== before) yield topology
      before = now
      await first(
        signal,
        (ended) => watch.next(ended),
        (ended) => host.clock.sleep(QUERY_MS, ended),
      )
      await host.clock.sleep(GATHER_MS, signal)
    }
  } catch (error) {
    if (!signal.aborted) throw error
  }
}
