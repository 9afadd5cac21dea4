/**
 * The layout of requests to iscsid (open-iscsi: usr/mgmt_ipc.h, usr/config.h). A request is one C structure in the machine's byte order. It
 * contains a whole node record and grows with versions. Offsets are those of 64-bit machines.
 */

/** The parts that differ between versions. */
export interface Layout {
  readonly requestBytes: number
  /** How many bytes all fields after the session settings have moved. */
  readonly shift: number
  /** Values that iscsiadm of these versions sends for settings that the record omits: offset and 32-bit number. */
  readonly defaults: readonly (readonly [number, number])[]
}
const UNTIL_2_1_10: Layout = { requestBytes: 16_104, shift: 0, defaults: [[312, -20]] }
const FROM_2_1_11: Layout = { requestBytes: 16_112, shift: 8, defaults: [[2248, 1]] }
/** Sizes of all versions that can be distinguished by size, in ascending order: a daemon also answers a request that is too long. */
export const REQUEST_SIZES: readonly number[] = [16_088, 16_104, 16_112, 16_128]

/** `undefined` for versions whose requests have not been compared with those of their own iscsiadm. */
export function layoutOf(version: string | undefined): Layout | undefined {
  const minor = /^2\.1\.([0-9]{1,3})$/.exec(version ?? '')?.[1]
  if (minor === undefined) return undefined
  const number = Number(minor)
  if (number >= 1 && number <= 10) return UNTIL_2_1_10
  return number === 11 ? FROM_2_1_11 : undefined
}

export const COMMAND = { login: 1, logout: 2, initiatorName: 8 } as const
export const AT = { command: 0, session: 8 } as const

/** A setting of a node record. `shifted`: it follows the session settings. */
export type Field = { readonly at: number; readonly shifted?: true } & (
  | { readonly type: 'number' }
  | { readonly type: 'word'; readonly words: readonly string[] }
  /** Length with the NUL at its end. */
  | { readonly type: 'text'; readonly bytes: number }
  /** The length is a field of its own, so no NUL is needed. */
  | { readonly type: 'secret'; readonly bytes: number; readonly lengthAt: number }
)
const number = (at: number): Field => ({ at, type: 'number' })
const word = (at: number, ...words: string[]): Field => ({ at, type: 'word', words })
const text = (at: number, bytes: number): Field => ({ at, type: 'text', bytes })
const shifted = (field: Field): Field => ({ ...field, shifted: true })
const STARTUP = ['manual', 'automatic', 'onboot']

/** All settings of records that Brickwork writes. A record with other settings is left to iscsiadm. */
export const FIELDS: ReadonlyMap<string, Field> = new Map<string, Field>([
  ['node.name', text(32, 256)],
  ['node.tpgt', number(288)],
  ['node.startup', word(292, ...STARTUP)],
  ['node.leading_login', word(296, 'No', 'Yes')],
  ['node.session.initial_login_retry_max', number(324)],
  ['node.session.nr_sessions', number(328)],
  ['node.session.scan', word(332, 'manual', 'auto')],
  ['node.session.auth.authmethod', word(336, 'None', 'CHAP')],
  ['node.session.auth.username', text(340, 256)],
  ['node.session.auth.password', { at: 596, type: 'secret', bytes: 256, lengthAt: 852 }],
  ['node.session.auth.username_in', text(856, 256)],
  ['node.session.auth.password_in', { at: 1112, type: 'secret', bytes: 256, lengthAt: 1368 }],
  ['node.session.timeo.replacement_timeout', number(1392)],
  ['node.conn[0].startup', shifted(word(2248, ...STARTUP))],
  ['node.conn[0].address', shifted(text(2252, 1025))],
  ['node.conn[0].port', shifted(number(3280))],
  ['node.conn[0].timeo.login_timeout', shifted(number(3292))],
  ['node.conn[0].timeo.logout_timeout', shifted(number(3296))],
  ['node.conn[0].timeo.noop_out_interval', shifted(number(3308))],
  ['node.conn[0].timeo.noop_out_timeout', shifted(number(3312))],
  ['iface.iscsi_ifacename', shifted(text(3360, 65))],
  ['iface.net_ifacename', shifted(text(3432, 16))],
  ['iface.ipaddress', shifted(text(3448, 1025))],
  ['iface.hwaddress', shifted(text(14_516, 18))],
  ['iface.transport_name', shifted(text(14_534, 16))],
  ['iface.initiatorname', shifted(text(14_806, 256))],
  ['node.discovery_type', shifted(word(15_064, 'send_targets', 'isns', 'offload_send_targets', 'static'))],
])

/** Values that iscsiadm sends for settings that the record omits: open-iscsi's compiled defaults. */
export const DEFAULTS: readonly (readonly [number, number])[] = [
  [316, 128], // cmds_max
  [320, 32], // queue_depth
  [1372, 5], // chap_algs: MD5, then none
  ...[1376, 1380, 1384, 1388].map((at) => [at, -1] as const),
  [1396, 15], // abort_timeout
  [1400, 60], // host_reset_timeout
  [1404, 30], // lu_reset_timeout
  [1408, 30], // tgt_reset_timeout
  [1428, 1], // ImmediateData
  [1432, 262_144], // FirstBurstLength
  [1436, 16_776_192], // MaxBurstLength
  [1440, 2], // DefaultTime2Wait
  [1448, 1], // MaxConnections
  [1452, 1], // MaxOutstandingR2T
  [1460, 1], // FastAbort
]
export const SHIFTED_DEFAULTS: readonly (readonly [number, number])[] = [
  [3284, 524_288], // window_size
  [3300, 45], // auth_timeout
  [3316, 262_144], // MaxRecvDataSegmentLength
]
