/** Ending a session. */
import type { Operation } from '../../attach/operation.js'
import { isBrickworkError } from '../../core/errors.js'
import { logout } from '../../linux/iscsi/iscsiadm.js'
import { readSessions, type Session } from '../../linux/iscsi/session.js'
import { whenTrue } from '../../linux/wait.js'

/** A logout that somebody else has begun is over within this, or did not succeed. */
const OTHERS_MS = 5000

/** Resolves when the kernel has the session no longer. */
export async function logOut(operation: Operation, session: Session): Promise<void> {
  const gone = async () => {
    await whenTrue(operation.host, operation.signal, async () => ((await sessionOf(operation, session)) === undefined ? true : undefined))
  }
  try {
    await logout(operation.host, session.id, operation.signal)
  } catch (error) {
    // iscsid refuses a second logout while the first is under way: of a process that was killed, whose iscsiadm goes on.
    if (!isBrickworkError(error, 'ERR_TOOL_FAILED') || !(await operation.within(OTHERS_MS, gone))) throw error
  }
  await gone()
}

export async function sessionOf({ host, signal }: Operation, { id, target }: Pick<Session, 'id' | 'target'>): Promise<Session | undefined> {
  return (await readSessions(host, signal)).find((session) => session.id === id && session.target === target)
}
