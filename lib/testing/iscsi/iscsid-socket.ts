/** iscsid's own socket (usr/mgmt_ipc.c): one request of a fixed size, one answer, and the end. */
import type { Machine } from '../machine.js'
import { shortest } from '../storage/network.js'
import { ISCSI_ERR } from './iscsid.js'
import type { NodeRecord } from './records.js'

const ANSWER_BYTES = 2464
const LOGIN = 1
const LOGOUT = 2
const INITIATOR_NAME = 8
const INVALID_REQUEST = 16

/** Nothing for a request that ends too early; what is too much is not looked at. */
export async function answerOfIscsid(machine: Machine, request: Uint8Array): Promise<Uint8Array> {
  const version = machine.settings.openIscsiVersion
  const [bytes, shift] = version === '2.1.11' ? ([16_112, 8] as const) : ([16_104, 0] as const)
  if (request.length < bytes) return new Uint8Array()
  const command = int(request, 0)
  const answer = new Uint8Array(ANSWER_BYTES)
  const view = new DataView(answer.buffer)
  view.setInt32(0, command, true)
  view.setInt32(4, await resultOf(machine, command, request, shift), true)
  return answer
}

async function resultOf(machine: Machine, command: number, request: Uint8Array, shift: number): Promise<number> {
  const { boot } = machine
  if (command === INITIATOR_NAME) return ISCSI_ERR.none
  if (command === LOGIN) return await boot.iscsid.login(recordIn(request, shift))
  if (command !== LOGOUT) return INVALID_REQUEST
  const session = boot.iscsi.byId(int(request, 8))
  return session === undefined ? ISCSI_ERR.sessionNotFound : await boot.iscsid.logout(session)
}

/** The record that the request holds: no file is read. */
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
