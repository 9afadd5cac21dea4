/** A login that was given up while iscsid had it in hand: it may still succeed, seconds later. */
import type { Pending } from '../../attach/entry.js'
import type { Operation } from '../../attach/operation.js'
import { readSessions, type Session, samePortal } from '../../linux/iscsi/session.js'
import { whenTrue } from '../../linux/wait.js'
import type { Logins } from './logins.js'
import { logOut } from './logout.js'
import { placeOf } from './objects.js'

/**
 * Waits until the login has ended, by its own end where this process started it, else by its session or the end of its window. A session
 * that came up is logged out (`undo`) or left for the caller (`keep`). The caller holds the portal's lock.
 */
export async function settleLogin(operation: Operation, logins: Logins, pending: Pending, what: 'undo' | 'keep'): Promise<void> {
  const { host, signal } = operation
  const place = placeOf(pending.data)
  let ended = false
  const end = () => {
    ended = true
  }
  logins.running(pending.key)?.then(end, end)
  const session = await whenTrue<Session | 'none'>(host, signal, async () => {
    const over = ended || host.clock.wallMs() >= pending.untilMs
    const sessions = await readSessions(host, signal)
    const found = sessions.find((each) => each.target === place.iqn && samePortal(each.portal, place.portal) && each.iface === place.iface)
    if (found?.state === 'LOGGED_IN') return found
    return over ? (found ?? 'none') : undefined
  })
  if (session === 'none' || what === 'keep') return
  const wanted = (await operation.claims.all()).some(({ objects }) => objects.some(({ key }) => key === `session ${session.id}`))
  if (wanted) return
  await logOut(operation, session)
}
