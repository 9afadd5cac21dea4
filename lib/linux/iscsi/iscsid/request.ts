/** Requests to iscsid, byte for byte as the iscsiadm of the same version sends them. */
import { AT, COMMAND, DEFAULTS, type Field, FIELDS, type Layout, SHIFTED_DEFAULTS } from './layout.js'

export const SOCKET = 'ISCSIADM_ABSTRACT_NAMESPACE'

/**
 * `undefined` for a record with a setting that is not in {@link FIELDS} or a value that does not fit. Such records are left to iscsiadm.
 */
export function encodeLogin(layout: Layout, record: ReadonlyMap<string, string>): Uint8Array | undefined {
  const request = blank(layout, COMMAND.login)
  const view = new DataView(request.buffer)
  for (const [at, value] of [...DEFAULTS, ...layout.defaults]) view.setInt32(at, value, true)
  for (const [at, value] of SHIFTED_DEFAULTS) view.setInt32(at + layout.shift, value, true)
  for (const [key, value] of record) {
    const field = FIELDS.get(key)
    if (field === undefined || !put(request, field, layout, value)) return undefined
  }
  return request
}
export function encodeLogout(layout: Layout, session: number): Uint8Array {
  const request = blank(layout, COMMAND.logout)
  new DataView(request.buffer).setInt32(AT.session, session, true)
  return request
}
/** A request that changes nothing: it asks for the initiator's name. */
export function encodeQuestion(bytes: number): Uint8Array {
  return blank({ requestBytes: bytes }, COMMAND.initiatorName)
}
function blank({ requestBytes }: Pick<Layout, 'requestBytes'>, command: number): Uint8Array<ArrayBuffer> {
  const request = new Uint8Array(requestBytes)
  new DataView(request.buffer).setInt32(AT.command, command, true)
  return request
}

function put(request: Uint8Array<ArrayBuffer>, field: Field, { shift }: Layout, value: string): boolean {
  const at = field.at + (field.shifted === true ? shift : 0)
  const view = new DataView(request.buffer)
  if (field.type === 'number') {
    if (!/^-?[0-9]{1,9}$/.test(value)) return false
    view.setInt32(at, Number(value), true)
    return true
  }
  if (field.type === 'word') {
    const index = field.words.indexOf(value)
    view.setInt32(at, index, true)
    return index >= 0
  }
  const bytes = new TextEncoder().encode(value)
  if (bytes.includes(0) || bytes.length > field.bytes - 1) return false
  request.set(bytes, at)
  if (field.type === 'secret') view.setInt32(field.lengthAt, bytes.length, true)
  return true
}

/** Length of every answer, in all versions since 2.0.875. */
export const ANSWER_BYTES = 2464
/** The daemon's result for the request, as in usr/iscsi_err.h; 0 is success. `undefined`: this is not an answer to the request. */
export function decodeAnswer(answer: Uint8Array, request: Uint8Array): number | undefined {
  if (answer.length !== ANSWER_BYTES) return undefined
  const numbers = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset)
  return numbers(answer).getInt32(0, true) === numbers(request).getInt32(AT.command, true) ? numbers(answer).getInt32(4, true) : undefined
}
