/** The lock of the record database: a hard link, which stays behind when its owner is killed. */
import type { Invocation } from './program.js'

export const LOCK_DIRECTORY = '/run/lock/iscsi'
const RETRY_MS = 10
const ATTEMPTS = 3000

export async function withDatabaseLock<T>(run: Invocation, work: () => T): Promise<T | 'no lock'> {
  const { tree } = run.machine
  const lock = `${LOCK_DIRECTORY}/lock.write`
  tree.file(`${LOCK_DIRECTORY}/lock`, new Uint8Array(0), { mode: 0o660 })
  for (let attempts = 1; tree.find(lock) !== undefined; attempts++) {
    if (attempts >= ATTEMPTS) return 'no lock'
    await run.pause(RETRY_MS)
  }
  tree.file(lock, new Uint8Array(0), { mode: 0o660 })
  await run.pause(1)
  try {
    return work()
  } finally {
    tree.remove(lock)
  }
}
