import type { Pending } from '../../operation/entry.js'
import type { Operation } from '../../operation/operation.js'
import { waitOf } from '../../operation/ended-wait.js'
import { Window } from '../../core/deadline.js'
import { BrickworkError, isBrickworkError } from '../../core/errors.js'
import { formatPortal } from '../../core/portal.js'
import { waitInWords } from '../../core/waiting-words.js'
import { formatTarget } from '../../linux/iscsi/record.js'
import type { Endpoint } from './objects.js'

const LONGEST_LOGIN_SEC = 15
/** iscsid retries a failed connection after 3 s (ISCSI_CONN_ERR_REOPEN_DELAY). It gives up at the first retry after its window. */
export const REOPEN_SEC = 3
/** How much time may pass between the claim of a login and its request. */
const LATE_MS = 1000

/** A path's share of the time, on the host's clock. */
export interface LoginWindow {
  readonly askedAt: number
  readonly endsAt: number
}
/** Waits for its turn until the share ends. Work that has begun may use all the time of the operation. */
export async function inQueue<T>(
  operation: Operation,
  { iqn, portal }: Endpoint,
  { askedAt, endsAt }: LoginWindow,
  queue: (queue: Operation, begin: (run: () => Promise<T>) => Promise<T>) => Promise<T>,
): Promise<T> {
  const { clock } = operation.host
  using window = new Window(clock, endsAt - clock.now(), operation.signal, 'a login slot')
  const turn = { hasCome: false }
  try {
    return await queue(operation.branch(window.signal), (run) => {
      turn.hasCome = true
      return run()
    })
  } catch (error) {
    operation.signal.throwIfAborted()
    // The share of the last path ends with the operation's own time.
    if (turn.hasCome || !window.signal.aborted || operation.remainingMs <= 1) throw error
    const wait = isBrickworkError(error, 'ERR_TIMEOUT') ? waitOf(error) : {}
    const { awaited = 'other logins', heldBy = [] } = wait
    throw new BrickworkError(
      'ERR_TARGET_UNREACHABLE',
      `No login slot for ${formatTarget({ target: iqn, portal })} became free within ${Math.round(endsAt - askedAt)} ms: other logins are running there. It waited for ${waitInWords(awaited, heldBy, clock.wallMs())}`,
      { details: { portal: formatPortal(portal), ...wait }, cause: error },
    )
  }
}
/** The window for iscsid, in seconds: the rest of the share after waiting for other logins. */
export function windowSecOf({ host, remainingMs }: Operation, { endsAt }: LoginWindow): number {
  const ms = Math.min(endsAt - host.clock.now(), remainingMs)
  return Math.max(1, Math.min(LONGEST_LOGIN_SEC, Math.floor(ms / 1000) - REOPEN_SEC))
}

/**
 * Called when the login is about to be asked for. If that took long, the claim gets a new end: iscsid counts the window from the request on.
 * @throws the reason of `signal`: who has given up the login does not ask for it any more.
 */
export async function inTime({ host, claim }: Operation, { key }: Pending, windowSec: number, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted()
  claim.requireRecorded(key)
  const pending = claim.entry.pending.find((each) => each.key === key)
  const untilMs = endOfLogin({ host }, windowSec)
  if (pending === undefined || untilMs - pending.untilMs < LATE_MS) return
  await claim.pend({ ...pending, untilMs })
  signal.throwIfAborted()
}
/** When a login has ended that is asked for within {@link LATE_MS}. */
export function endOfLogin({ host }: Pick<Operation, 'host'>, windowSec: number): number {
  return host.clock.wallMs() + (windowSec + REOPEN_SEC) * 1000 + LATE_MS
}
