import { posix } from 'node:path'

import type { RecordChange } from '../../core/host.js'
import { bytesOf } from '../files/nodes.js'
import type { FakeProcess } from '../machine/process.js'
import { deleteRecord } from '../iscsi/records.js'

/** The addon does all of it in one call: a death of the process in between doesn't leave the lock behind. */
const RETRY_MS = 10
const LOCK_TIMEOUT_MS = 30_000

export async function changeRecord(
  { machine }: FakeProcess,
  { lockDirectory, path, text }: RecordChange,
  signal: AbortSignal,
): Promise<'done' | 'lock-timeout'> {
  const { tree, timeline, boot } = machine
  const lock = `${lockDirectory}/lock.write`
  const giveUpAt = timeline.now + LOCK_TIMEOUT_MS
  while (tree.find(lock) !== undefined) {
    if (signal.aborted || timeline.now >= giveUpAt) return 'lock-timeout'
    await new Promise<void>((resolve) => boot.after(RETRY_MS, resolve))
  }
  if (signal.aborted) return 'lock-timeout'
  if (text === undefined) deleteRecord(machine, path)
  else {
    tree.directory(posix.dirname(path), 0o700)
    tree.file(path, bytesOf(text), { mode: 0o600 })
  }
  machine.durable.written(path)
  return 'done'
}
