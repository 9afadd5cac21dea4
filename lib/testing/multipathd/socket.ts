import { unreachable } from '../errno.js'
import { bytesOf } from '../files/nodes.js'
import type { DaemonSocket } from '../machine/daemon-socket.js'
import { answer } from './commands.js'
import { commandOf } from './frame.js'
import type { Multipathd } from './multipathd.js'

export const MULTIPATHD = '/org/kernel/linux/storage/multipathd'

/** multipathd's socket. Connecting starts the daemon where systemd listens for it. */
export function multipathdSocket(daemon: Multipathd): DaemonSocket {
  const { base } = daemon.parts
  const exchange = async (bytes: Uint8Array): Promise<Uint8Array> => {
    if (!daemon.connect()) throw unreachable(MULTIPATHD, 'ECONNREFUSED')
    const command = commandOf(bytes)
    if (command === undefined) throw base.ledger.unknown(`a frame for multipathd of ${bytes.length} bytes`)
    await daemon.ready()
    await base.wait(base.settings.delays.exchange)
    return bytesOf(`${answer(daemon, command)}\0`)
  }
  return { reply: 'framed', exchange }
}
