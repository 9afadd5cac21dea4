/** Ends sessions. */
import type { Operation } from '../../operation/operation.js'
import { isBrickworkError } from '../../core/errors.js'
import { REFUSED_FOR_NOW } from '../../linux/iscsi/iscsiadm.js'
import { readSession, type Session } from '../../linux/iscsi/session.js'
import { whenTrue } from '../../linux/wait.js'
import { askForLogout } from './iscsid-client.js'

/** iscsid refuses a logout while it ends or reconnects the session. A refusal that lasts longer has another reason. */
const PATIENCE_MS = 10_000
const AGAIN_MS = 500

/** Resolves when the session is gone from the kernel. */
export async function logOut(operation: Operation, session: Session): Promise<void> {
  const { host } = operation
  const gone = async (part: Operation) => {
    await whenTrue(host, part.signal, async () => ((await sessionOf(part, session)) === undefined ? true : undefined))
  }
  for (const end = host.clock.now() + PATIENCE_MS; ; ) {
    try {
      await askForLogout(operation, session.id)
      await gone(operation)
      return
    } catch (error) {
      if (!isBrickworkError(error, 'ERR_TOOL_FAILED') || !REFUSED_FOR_NOW.includes(Number(error.details['exitCode']))) throw error
      if (await operation.within(AGAIN_MS, gone)) return
      if (host.clock.now() >= end) throw error
    }
  }
}

export async function sessionOf({ host, signal }: Operation, { id, target }: Pick<Session, 'id' | 'target'>): Promise<Session | undefined> {
  const session = await readSession(host, id, signal)
  return session?.target === target ? session : undefined
}
