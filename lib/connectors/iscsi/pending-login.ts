/** A login that was given up while iscsid had it in hand: it may still succeed, seconds later. */
import type { Pending } from '../../operation/entry.js'
import type { Operation } from '../../operation/operation.js'
import { NOT_NEEDED } from '../../core/signal.js'
import { readSessionsOf, type Session, samePortal } from '../../linux/iscsi/session.js'
import { whenTrue } from '../../linux/wait.js'
import type { LoginRegistry } from './login-registry.js'
import { logOut } from './logout.js'
import { endpointIn, runningLock } from './objects.js'

/**
 * Waits until the login has ended: by its session, by its own end where this process started it, or by the end of its window once no living
 * process waits for it. A session that came up is logged out (`undo`) or left for the caller (`keep`). The caller holds the portal's lock.
 */
export async function resolvePendingLogin(
  operation: Operation,
  logins: LoginRegistry,
  pending: Pending,
  what: 'undo' | 'keep',
): Promise<void> {
  const { host, signal } = operation
  const place = endpointIn(pending.data)
  let ended = false
  const end = () => {
    ended = true
  }
  logins.running(pending.key)?.then(end, end)
  const running = new RunningElsewhere(operation, pending)
  const session = await whenTrue<Session | 'none'>(host, signal, async () => {
    const over = ended || (running.over && host.clock.wallMs() >= pending.untilMs)
    const sessions = await readSessionsOf(host, place.iqn, signal)
    const found = sessions.find((each) => samePortal(each.portal, place.portal) && each.iface === place.iface)
    if (found?.state === 'LOGGED_IN') return found
    return over ? (found ?? 'none') : undefined
  }).finally(() => running.leave())
  if (session === 'none' || what === 'keep') return
  const wanted = (await operation.claims.about(`session ${session.id}`)).some(({ objects }) =>
    objects.some(({ key }) => key === `session ${session.id}`),
  )
  if (wanted) return
  const unclear = operation.claim.unclear(pending.key)
  if (unclear !== undefined)
    operation.progress.note('the session of a login that was given up stays', { session: session.id, reason: unclear.message })
  else await logOut(operation, session)
}

/** Whether some process, this one or another, still asks iscsid for the login. */
class RunningElsewhere {
  readonly #notNeeded = new AbortController()
  readonly #waiting: Promise<void>
  over = false

  constructor({ host, runDir }: Operation, { key }: Pending) {
    this.#waiting = host.locks
      .take(`${runDir}/locks`, runningLock(key), this.#notNeeded.signal)
      .then(async (lock) => {
        this.over = true
        await lock.release()
      })
      .catch((error: unknown) => {
        if (!this.#notNeeded.signal.aborted) throw error
      })
    this.#waiting.catch(() => undefined) // said by leave()
  }
  async leave(): Promise<void> {
    this.#notNeeded.abort(NOT_NEEDED)
    await this.#waiting
  }
}
