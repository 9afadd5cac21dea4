import { posix } from 'node:path'

import { BrickworkError } from '../../core/errors.js'
import type { RecordChange } from '../../core/host.js'
import { bytesOf, textOf } from '../files/nodes.js'
import type { Base } from '../machine/base.js'
import { type FakeProcess, never } from '../machine/process.js'
import { deleteRecord } from '../iscsi/records.js'

const RETRY_MS = 10
const LOCK_TIMEOUT_MS = 30_000
/** Marks the lock as Brickwork's. On a real host, its link is to another file than that of iscsiadm's lock. */
const OURS = 'brickwork'
/** The process that has Brickwork's lock. A dead process leaves its lock file. */
const holders = new WeakMap<Base, FakeProcess>()

export async function changeRecord(
  process: FakeProcess,
  { lockDirectory, path, text }: RecordChange,
  signal: AbortSignal,
): Promise<'done' | 'lock-timeout'> {
  const { base } = process
  const { tree, timeline, settings } = base
  const lock = `${lockDirectory}/lock.write`
  requireSafeDirectory(base, lockDirectory)
  const giveUpAt = timeline.now + LOCK_TIMEOUT_MS
  breakDeadLock(base, lock)
  while (tree.find(lock) !== undefined) {
    if (signal.aborted || timeline.now >= giveUpAt) return 'lock-timeout'
    await new Promise<void>((resolve) => base.after(RETRY_MS, resolve))
    breakDeadLock(base, lock)
  }
  if (signal.aborted) return 'lock-timeout'
  if (path === undefined) return 'done'
  tree.file(lock, bytesOf(OURS), { mode: 0o600 })
  holders.set(base, process)
  await base.wait(settings.delays.fsync)
  if (!process.alive) return await never()
  if (text === undefined) deleteRecord(base, path)
  else {
    tree.directory(posix.dirname(path), 0o700)
    tree.file(path, bytesOf(text), { mode: 0o600 })
  }
  base.durable.written(path)
  tree.remove(lock)
  return 'done'
}

/** As in lib/host/lock-directory.ts. */
function requireSafeDirectory(base: Base, path: string): void {
  const node = base.tree.find(path)?.node
  if (node === undefined || (node.kind === 'directory' && node.uid === 0 && (node.mode & 0o002) === 0)) return
  throw new BrickworkError('ERR_STATE', `${path} must be a directory that only root owns and may write to`, { details: { file: path } })
}

function breakDeadLock(base: Base, lock: string): void {
  const content = base.tree.content(lock)
  if (content instanceof Uint8Array && textOf(content) === OURS && holders.get(base)?.alive !== true) base.tree.remove(lock)
}
