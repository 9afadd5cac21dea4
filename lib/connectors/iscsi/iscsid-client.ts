/** Asks iscsid for logins and logouts: through its socket, if the policy and its version allow it, or with iscsiadm. */
import type { Operation } from '../../operation/operation.js'
import type { CommandResult } from '../../core/host.js'
import { loginBySocket, logoutBySocket } from '../../linux/iscsi/iscsid/daemon.js'
import { endedOrThrow, login, logout, NO_ANSWER } from '../../linux/iscsi/iscsiadm.js'
import type { Endpoint } from './objects.js'

/**
 * Both return the same exit codes. `signal` may outlive the operation, since a login cannot be cancelled. `begin` is called when all waits
 * for other logins are over, before the request.
 */
export async function askForLogin(
  { host, policy }: Operation,
  { iqn, portal, iface }: Endpoint,
  record: string,
  noWait: boolean,
  begin: () => Promise<void>,
  signal: AbortSignal,
): Promise<CommandResult> {
  const exitCode = policy.iscsi.logins === 'socket' ? await loginBySocket(host, record, begin, signal) : undefined
  if (exitCode !== undefined) return said(exitCode)
  await begin()
  return await login(host, iqn, portal, iface, noWait, signal)
}
export async function askForLogout({ host, policy, signal }: Operation, session: number): Promise<void> {
  const exitCode = policy.iscsi.logins === 'socket' ? await logoutBySocket(host, session, signal) : undefined
  // A second logout request does no harm.
  if (exitCode === undefined || exitCode === NO_ANSWER) await logout(host, session, signal)
  else endedOrThrow(session, said(exitCode))
}
/** The exit code that iscsiadm would have had. `stderr` says that iscsiadm was not run, for an operator who reads the error. */
const said = (exitCode: number): CommandResult => ({ exitCode, stdout: '', stderr: "iscsid's own answer, over its socket" })
