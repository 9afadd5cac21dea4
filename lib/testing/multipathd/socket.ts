import { unreachable } from '../errno.js'
import { bytesOf } from '../files/nodes.js'
import type { DaemonSocket } from '../machine/daemon-socket.js'
import type { Settings } from '../settings.js'
import { answer } from './commands.js'
import { commandOf } from './frame.js'
import type { Multipathd } from './multipathd.js'

export const MULTIPATHD = '/org/kernel/linux/storage/multipathd'

/** The daemon answers `timeout` to a request that takes longer (uxsock_timeout of multipath.conf(5), 4 s). */
const BUSY_MS = 4000

/** multipathd's socket. A connection starts the daemon if systemd listens for it. */
export function multipathdSocket(daemon: Multipathd): DaemonSocket {
  const { base } = daemon.parts
  const exchange = async (bytes: Uint8Array): Promise<Uint8Array> => {
    if (!daemon.reachable || !daemon.connect()) throw unreachable(MULTIPATHD, 'ECONNREFUSED')
    const command = commandOf(bytes)
    if (command === undefined) throw base.ledger.unknown(`a frame for multipathd of ${bytes.length} bytes`)
    await daemon.resumed()
    if (daemon.starting) {
      const isReady = await Promise.race([daemon.ready().then(() => true), base.wait(BUSY_MS).then(() => false)])
      if (!isReady) return bytesOf('timeout\n\0')
    }
    await daemon.ready()
    await base.wait(base.settings.delays.exchange)
    return spoilt(bytesOf(`${answer(daemon, command)}\0`), command, base.settings.multipathdAnswers)
  }
  return { reply: 'framed', exchange }
}

/** The answer of a daemon that is busy, that dies, or that does not know the command. The command itself has been carried out. */
function spoilt(whole: Uint8Array, command: string, how: Settings['multipathdAnswers']): Uint8Array {
  if (how === 'cut off') return whole.slice(0, Math.floor(whole.length / 2))
  if (how === 'fail' || how === 'timeout') return bytesOf(`${how}\n\0`)
  if (how === 'unreadable' && /^(show|list) /.test(command))
    return bytesOf('multipath-tools v0.9.4 (12/19, 2022)\nCLI commands reference:\n\0')
  return whole
}
