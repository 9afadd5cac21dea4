/** Changes of open-iscsi's database. Every change, by any program, needs the one lock of that database. */
import { BrickworkError } from '../../core/errors.js'
import { NEVER } from '../../core/light-signal.js'
import { waitInWords } from '../../core/waiting-words.js'
import { LOCK_DIRECTORY } from '../../linux/iscsi/record.js'
import { readProcesses } from '../../linux/processes.js'
import type { Operation } from '../../operation/operation.js'

const LOCK = `${LOCK_DIRECTORY}/lock.write`
/** Programs that take the lock. It is a link to a file, which does not say who has made it (usr/idbm.c of open-iscsi, idbm_lock). */
const PROGRAMS = ['iscsiadm', 'iscsistart']

/** Replaces a record, or removes it (`text: undefined`). @throws `ERR_BUSY` */
export async function changeRecord(operation: Operation, path: string, text: string | undefined): Promise<void> {
  const { host, signal } = operation
  const from = host.clock.now()
  const holders = async () =>
    (await readProcesses(host, NEVER)).filter(({ command }) => PROGRAMS.includes(command)).map(({ pid, command }) => ({ pid, command }))
  const wait = { awaited: `open-iscsi's database lock (${LOCK})`, holders }
  const change = () => host.kernel.changeRecord({ lockDirectory: LOCK_DIRECTORY, path, text }, signal)
  if ((await operation.waiter.waiting(wait, change)) === 'done') return
  const heldBy = await holders()
  const who =
    heldBy.length === 0
      ? 'no iscsiadm is running; probably one was killed and left its lock'
      : waitInWords('an iscsiadm is running', heldBy, host.clock.wallMs())
  throw new BrickworkError('ERR_BUSY', `open-iscsi's record database stays locked (${LOCK}): ${who}`, {
    details: { awaited: wait.awaited, waitedMs: Math.round(host.clock.now() - from), heldBy, lock: LOCK, record: path },
  })
}
