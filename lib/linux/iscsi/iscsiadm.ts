/** iscsiadm(8): its arguments and the meaning of its exit codes (usr/iscsi_err.h). */
import type { ErrorCode } from '../../core/errors.js'
import { BrickworkError } from '../../core/errors.js'
import type { CommandResult, Host } from '../../core/host.js'
import { Window } from '../../core/deadline.js'
import { formatPortal, type Portal } from '../../core/portal.js'
import { LOCK_DIRECTORY } from './record.js'

export const SUCCESS = 0
const SESSION_NOT_FOUND = 2
const TRANSPORT = 4
const LOGIN_FAILED = 5
export const IDBM = 6
export const INVALID = 7
const CONNECT_TIMEOUT = 8
const INTERNAL = 9
const PDU_TIMEOUT = 11
const TRANSPORT_MISSING = 12
export const SESSION_EXISTS = 15
/** iscsid ended before it answered: the outcome of the request is unknown. */
export const NO_ANSWER = 18
const FATAL_LOGIN = 19
/** Exit codes above this are of a program that a signal ended: this plus the number of the signal. */
const BY_SIGNAL = 128
const DAEMON_UNREACHABLE = 20
/** No record or session matches in the database that iscsiadm uses. */
export const NO_OBJECTS_FOUND = 21
const SYSFS_LOOKUP = 22
export const LOGIN_AUTH_FAILED = 24
const SESSION_NOT_CONNECTED = 32
/** How long to try to remove a stale lock. iscsiadm itself waits for a lock that is in use. */
const PASS_MS = 200
/**
 * Exit codes of a logout while iscsid is busy with the session. Another logout is in progress (an iscsiadm may outlive the process that
 * started it), or an iscsid that was just started is reconnecting the session.
 */
export const REFUSED_FOR_NOW: readonly number[] = [INTERNAL, SESSION_NOT_CONNECTED]

/**
 * Runs iscsiadm, and never kills it. An iscsiadm that a signal ends leaves open-iscsi's database locked for all programs until the next
 * boot. First removes the lock of a killed Brickwork process, which iscsiadm would wait for during half a minute.
 */
export async function iscsiadm(host: Host, argv: readonly ['iscsiadm', ...string[]], signal: AbortSignal): Promise<CommandResult> {
  if ((await host.files.stat(`${LOCK_DIRECTORY}/lock.write`)) !== undefined) {
    using soon = new Window(host.clock, PASS_MS, signal, 'lock of the record database')
    await host.kernel
      .changeRecord({ lockDirectory: LOCK_DIRECTORY, path: undefined, text: undefined }, soon.signal)
      .catch((error: unknown) => {
        if (signal.aborted || !soon.signal.aborted) throw error
      })
  }
  return await host.commands.run(argv, { signal, onAbort: 'leave' })
}

/**
 * Waits for iscsid's answer unless `noWait`. A secret is passed in the record. iscsiadm reads all records of the target. It exits with 6
 * when one of them is deleted during that, although it logs in with the requested records (usr/iscsiadm.c, login_portals(); seen with
 * 2.1.8).
 */
export async function login(
  host: Host,
  target: string,
  portal: Portal,
  iface: string,
  noWait: boolean,
  signal: AbortSignal,
): Promise<CommandResult> {
  const argv = [
    'iscsiadm',
    '-m',
    'node',
    '-T',
    target,
    '-p',
    formatPortal(portal),
    '-I',
    iface,
    '--login',
    ...(noWait ? ['--no_wait'] : []),
  ] as const
  const result = await iscsiadm(host, argv, signal)
  // The arguments name only this session, so the output is about it.
  return LOGGED_IN.test(result.stdout) ? { ...result, exitCode: SUCCESS } : result
}
const LOGGED_IN = /^Login to \[.*\] successful\.$/m

/** Logs out by session id, so never from another session to the same portal. Resolves when the session is gone or did not exist. */
export async function logout(host: Host, session: number, signal: AbortSignal): Promise<void> {
  const argv = ['iscsiadm', '-m', 'session', '-r', String(session), '--logout'] as const
  endedOrThrow(session, await iscsiadm(host, argv, signal))
}
/** Evaluates the result of a logout, by iscsiadm or by iscsid's socket. @throws `ERR_TOOL_FAILED` unless the session is gone. */
export function endedOrThrow(session: number, result: CommandResult): void {
  const gone = [SUCCESS, SESSION_NOT_FOUND, NO_OBJECTS_FOUND, SYSFS_LOOKUP]
  if (!gone.includes(result.exitCode)) throw toolFailed(`logout of session ${session}`, result)
}

/** The outcome of the login is unknown: iscsid ended, or iscsiadm was killed while iscsid continues with the request. */
export function leavesLoginOpen({ exitCode }: CommandResult): boolean {
  return exitCode === NO_ANSWER || exitCode > BY_SIGNAL
}

const REFUSALS = [LOGIN_FAILED, FATAL_LOGIN]
const IMPOSTOR = [
  'ERR_AUTHENTICATION',
  "the target did not show that it knows its CHAP secret, or the portal no longer serves it. Check the target's CHAP settings: it may be an impostor",
] as const
const LOGIN_FAILURES: ReadonlyMap<number, readonly [ErrorCode, string]> = new Map<number, readonly [ErrorCode, string]>([
  [
    LOGIN_FAILED,
    [
      'ERR_TARGET_NOT_FOUND',
      'the portal refused the login. Either it does not serve the target to this initiator now, or it requires a digest (policy.iscsi.headerDigest, dataDigest)',
    ],
  ],
  [TRANSPORT, ['ERR_TARGET_UNREACHABLE', 'the connection broke during the login']],
  [IDBM, ['ERR_STATE', "open-iscsi's record database could not be read or locked"]],
  [
    CONNECT_TIMEOUT,
    [
      'ERR_TARGET_UNREACHABLE',
      'the portal accepts connections, but no login was completed in time. Check that it serves the target to this initiator, and that it redirects no login to an unreachable address',
    ],
  ],
  [
    PDU_TIMEOUT,
    ['ERR_TARGET_UNREACHABLE', 'the portal accepts connections but does not answer: the target hangs, or another service listens there'],
  ],
  [TRANSPORT_MISSING, ['ERR_TOOL_FAILED', 'the kernel module iscsi_tcp could not be loaded (modprobe iscsi_tcp)']],
  [FATAL_LOGIN, ['ERR_TARGET_NOT_FOUND', 'the portal refused the login: it does not serve the target to this initiator']],
  [DAEMON_UNREACHABLE, ['ERR_DAEMON_UNREACHABLE', 'iscsid does not answer and could not be started (systemctl start iscsid)']],
  [
    NO_OBJECTS_FOUND,
    [
      'ERR_STATE',
      'iscsiadm does not find the node record that Brickwork wrote: its database is neither in /etc/iscsi nor in /var/lib/iscsi',
    ],
  ],
  [
    LOGIN_AUTH_FAILED,
    [
      'ERR_AUTHENTICATION',
      'the target refused the CHAP credentials or this initiator, or it accepts none of the offered CHAP algorithms (policy.iscsi.chapAlgorithms)',
    ],
  ],
])

/** `asksBack`: mutual CHAP was requested. open-iscsi reports a wrong answer of the target as an ordinary failed login. */
export function loginError(what: string, result: CommandResult, asksBack = false): BrickworkError {
  const known = asksBack && REFUSALS.includes(result.exitCode) ? IMPOSTOR : LOGIN_FAILURES.get(result.exitCode)
  if (known === undefined) return toolFailed(`login to ${what}`, result)
  const [code, why] = known
  return new BrickworkError(code, `Login to ${what} failed: ${why}`, {
    details: { exitCode: result.exitCode, stderr: tail(result.stderr) },
  })
}

export interface InvalidRecord {
  readonly path: string
  /** Names of settings that this version of open-iscsi does not know. */
  readonly unknown: readonly string[]
}
/**
 * Some versions of iscsiadm exit with 7, for any command, when a record was written by another version:
 *
 *     iSCSI ERROR: Unknown parameter name node.session.conn_reopen_log_freq
 *     iSCSI ERROR: config file /var/lib/iscsi/nodes/iqn.2004-10.example:t1/10.99.1.1,3260/default invalid.
 */
export function invalidRecord({ exitCode, stderr }: CommandResult): InvalidRecord | undefined {
  const path = /config file (\/\S+) invalid/.exec(stderr)?.[1]
  if (exitCode !== INVALID || path === undefined) return undefined
  return { path, unknown: [...stderr.matchAll(/[Uu]nknown parameter name (\S+)/g)].map(([, name]) => name ?? '') }
}

function toolFailed(what: string, result: CommandResult): BrickworkError {
  return new BrickworkError('ERR_TOOL_FAILED', `iscsiadm: ${what} ended with exit code ${result.exitCode}: ${tail(result.stderr)}`, {
    details: { exitCode: result.exitCode, stderr: tail(result.stderr) },
  })
}
function tail(text: string): string {
  return text.trim().slice(-500)
}
