import type { DaemonRequest } from '../../core/host.js'
import { bytesOf } from '../files/nodes.js'
import type { Machine } from '../machine.js'
import { kernelError, unreachable } from '../errno.js'
import { ISCSID } from '../iscsi/iscsid.js'
import { answerOfIscsid } from '../iscsi/iscsid-socket.js'
import { answer } from '../multipathd/commands.js'
import { commandOf } from '../multipathd/frame.js'

const MULTIPATHD = '/org/kernel/linux/storage/multipathd'

/** A request and its answer over a daemon's socket. Connecting starts the daemon where systemd listens for it. */
export async function exchange(machine: Machine, { socket, bytes, reply }: DaemonRequest): Promise<Uint8Array> {
  const { boot, settings, ledger } = machine
  if (socket === ISCSID && reply === 'eof') return await exchangeWithIscsid(machine, bytes)
  if (socket !== MULTIPATHD || reply !== 'framed') throw ledger.unknown(`the daemon socket ${socket} with answers that are ${reply}`)
  if (!boot.multipathd.connect()) throw unreachable(socket, 'ECONNREFUSED')
  const command = commandOf(bytes)
  if (command === undefined) throw ledger.unknown(`a frame for multipathd of ${bytes.length} bytes`)
  await boot.multipathd.ready()
  await boot.wait(settings.delays.exchange)
  return bytesOf(`${answer(boot.multipathd, command)}\0`)
}

async function exchangeWithIscsid(machine: Machine, bytes: Uint8Array): Promise<Uint8Array> {
  const { boot, settings } = machine
  if (settings.iscsidSocket === 'another user') throw kernelError('EPERM', 'peercred', `@${ISCSID}`)
  if (!boot.iscsid.running) throw unreachable(ISCSID, 'ECONNREFUSED')
  await boot.wait(settings.delays.exchange)
  return await answerOfIscsid(machine, bytes)
}
