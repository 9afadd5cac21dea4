import type { Host } from '../core/host.js'
import { first } from '../core/signal.js'
import type { BlockPicture } from '../api/topology.js'

/** What something of a picture belongs to. */
const SUBSYSTEMS = [
  'block',
  'scsi',
  'scsi_host',
  'iscsi_session',
  'iscsi_connection',
  'fc_host',
  'fc_remote_ports',
  'nvme',
  'nvme-subsystem',
]
/** An attach alone is a dozen events: they are gathered for so long, and looked at once. */
const GATHER_MS = 100
/** What no event tells (states of sessions, mounts) is seen after so long. */
const LOOK_MS = 2000

/** The picture now, and each time that it has changed. Ends when the signal aborts. */
export async function* followPicture(host: Host, take: () => Promise<BlockPicture>, signal: AbortSignal): AsyncGenerator<BlockPicture> {
  using watch = await host.events.watch(SUBSYSTEMS.map((subsystem) => `subsystem:${subsystem}`))
  let before = ''
  try {
    for (;;) {
      const picture = await take()
      signal.throwIfAborted()
      const now = JSON.stringify(picture)
      if (now !== before) yield picture
      before = now
      await first(
        signal,
        (ended) => watch.next(ended),
        (ended) => host.clock.sleep(LOOK_MS, ended),
      )
      await host.clock.sleep(GATHER_MS, signal)
    }
  } catch (error) {
    if (!signal.aborted) throw error
  }
}
