/** iscsid's own socket (usr/mgmt_ipc.c): one request of a fixed size, one answer, then the end of the connection. */
import { kernelError, unreachable } from '../errno.js'
import type { Base } from '../machine/base.js'
import type { DaemonSocket } from '../machine/daemon-socket.js'
import { shortest } from '../storage/network.js'
import type { IscsiKernel } from './iscsi-kernel.js'
import { ISCSI_ERR, ISCSID, type Iscsid } from './iscsid.js'
import type { NodeRecord } from './records.js'

const ANSWER_BYTES = 2464
const LOGIN = 1
const LOGOUT = 2
const INITIATOR_NAME = 8
const INVALID_REQUEST = 16

interface Parts {
  readonly kernel: IscsiKernel
  readonly daemon: Iscsid
}

export function iscsidSocket(base: Base, parts: Parts): DaemonSocket {
  const { settings } = base
  const exchange = async (bytes: Uint8Array): Promise<Uint8Array> => {
    if (settings.iscsidSocket === 'another user') throw kernelError('EPERM', 'peercred', `@${ISCSID}`)
    if (!parts.daemon.running) throw unreachable(ISCSID, 'ECONNREFUSED')
    await base.wait(settings.delays.exchange)
    await parts.daemon.thawed()
    return await answer(parts, settings.openIscsiVersion, bytes)
  }
  return { reply: 'eof', exchange }
}

/** A request that is too short gets no answer; excess bytes are not read. */
async function answer(parts: Parts, version: string, request: Uint8Array): Promise<Uint8Array> {
  const [bytes, shift] = version === '2.1.11' ? ([16_112, 8] as const) : ([16_104, 0] as const)
  if (request.length < bytes) return new Uint8Array()
  const command = int(request, 0)
  const bytesOfAnswer = new Uint8Array(ANSWER_BYTES)
  const view = new DataView(bytesOfAnswer.buffer)
  view.setInt32(0, command, true)
  view.setInt32(4, await resultOf(parts, command, request, shift), true)
  return bytesOfAnswer
}

async function resultOf({ kernel, daemon }: Parts, command: number, request: Uint8Array, shift: number): Promise<number> {
  if (command === INITIATOR_NAME) return ISCSI_ERR.none
  if (command === LOGIN) return await daemon.login(recordIn(request, shift))
  if (command !== LOGOUT) return INVALID_REQUEST
  const session = kernel.byId(int(request, 8))
  return session === undefined ? ISCSI_ERR.sessionNotFound : await daemon.logout(session)
}

/** The record that the request holds. iscsid reads no file for it. */
function recordIn(request: Uint8Array, shift: number): NodeRecord {
  const iqn = textAt(request, 32)
  const portal = { address: shortest(textAt(request, 2252 + shift)), port: int(request, 3280 + shift) }
  const secret = (at: number, lengthAt: number) => new TextDecoder().decode(request.subarray(at, at + int(request, lengthAt)))
  const said = [
    ['node.name', iqn],
    ['node.session.scan', int(request, 332) === 0 ? 'manual' : 'auto'],
    ['node.session.initial_login_retry_max', String(int(request, 324))],
    ['node.session.timeo.replacement_timeout', String(int(request, 1392))],
    ['node.session.auth.authmethod', int(request, 336) === 0 ? 'None' : 'CHAP'],
    ['node.session.auth.username', textAt(request, 340)],
    ['node.session.auth.password', secret(596, 852)],
    ['node.session.auth.username_in', textAt(request, 856)],
    ['node.session.auth.password_in', secret(1112, 1368)],
    ['node.conn[0].timeo.login_timeout', String(int(request, 3292 + shift))],
    ['iface.iscsi_ifacename', textAt(request, 3360 + shift)],
  ] as const
  const tpgt = int(request, 288)
  return { iqn, portal, tpgt: tpgt < 0 ? undefined : tpgt, path: '', values: new Map(said.filter(([, value]) => value !== '')) }
}
function int(request: Uint8Array, at: number): number {
  return new DataView(request.buffer, request.byteOffset).getInt32(at, true)
}
function textAt(request: Uint8Array, at: number): string {
  return new TextDecoder().decode(request.subarray(at, request.indexOf(0, at)))
}
