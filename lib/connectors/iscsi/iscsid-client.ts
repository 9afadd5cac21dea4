/** Two ways to iscsid: its socket, where policy and its version allow it, and iscsiadm. */
import type { Operation } from '../../operation/operation.js'
import type { CommandResult } from '../../core/host.js'
import { loginBySocket, logoutBySocket } from '../../linux/iscsi/iscsid/daemon.js'
import { endedOrThrow, login, logout, NO_ANSWER } from '../../linux/iscsi/iscsiadm.js'
import type { Endpoint } from './objects.js'

/** Either answers with the same numbers. `signal` may outlive the operation: a login can't be taken back. */
export async function askForLogin(
  { host, policy }: Operation,
  { iqn, portal, iface }: Endpoint,
  record: string,
  noWait: boolean,
  signal: AbortSignal,
): Promise<CommandResult> {
  const exitCode = policy.iscsi.logins === 'socket' ? await loginBySocket(host, record, signal) : undefined
  return exitCode === undefined ? await login(host, iqn, portal, iface, noWait, signal) : said(exitCode)
}
export async function askForLogout({ host, policy, signal }: Operation, session: number): Promise<void> {
  const exitCode = policy.iscsi.logins === 'socket' ? await logoutBySocket(host, session, signal) : undefined
  // Asking for a logout twice does no harm.
  if (exitCode === undefined || exitCode === NO_ANSWER) await logout(host, session, signal)
  else endedOrThrow(session, said(exitCode))
}
/** As iscsiadm would have ended; an operator who reads it must not look for a program that was never run. */
const said = (exitCode: number): CommandResult => ({ exitCode, stdout: '', stderr: "iscsid's own answer, over its socket" })
