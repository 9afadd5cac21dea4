import type { Operation } from '../../operation/operation.js'
import { LOGGED_IN, readSession, readSessionsOf, type Session, samePortal } from '../../linux/iscsi/session.js'
import { formatTarget } from '../../linux/iscsi/record.js'
import type { IscsiNexus } from './nexus.js'
import type { Endpoint } from './objects.js'

export async function findSession({ host, signal }: Operation, target: Endpoint): Promise<Session | undefined> {
  return sessionAt(await readSessionsOf(host, target.iqn, signal), target)
}
/**
 * The session of this portal and iface. Compares the portal address that was requested at login, since a target may redirect a session. If
 * there are several (`node.session.nr_sessions`), one that is logged in.
 */
export function sessionAt(sessions: readonly Session[], { portal, iface }: Endpoint): Session | undefined {
  const there = sessions.filter((each) => samePortal(each.portal, portal) && each.iface === iface)
  return there.find(({ state }) => state === LOGGED_IN) ?? there[0]
}

/** Why the session transfers no I/O now; `undefined` if it is logged in. */
export async function whyDown({ host, signal }: Operation, { session }: IscsiNexus): Promise<string | undefined> {
  const now = await readSession(host, session.id, signal)
  if (now?.target === session.target && now.state === LOGGED_IN) return undefined
  const what = `session ${session.id} to ${formatTarget(session)}`
  if (now === undefined) return `${what} has gone`
  return `${what} has lost its connection (${now.state}): does another host log in with this host's initiator name?`
}
