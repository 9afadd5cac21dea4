/** Who has a lock: what the lock file says, and what the kernel says. */
import { lstat } from 'node:fs/promises'
import { join } from 'node:path'

import type { Clock, Files, LockHeld, LockSeen } from '../core/host.js'
import { formatLockNote, lockerIn, lockersIn, type LockUser } from '../core/lock-note.js'
import { deviceNumber } from './device-number.js'
import { systemError } from './errors.js'
import type { Paths } from './paths.js'

export interface LockViewParts {
  readonly files: Pick<Files, 'list' | 'read' | 'readLink'>
  readonly paths: Paths
  readonly clock: Clock
}
/** Makes the text for a lock file at the moment when the lock is taken. */
export type Note = () => Uint8Array

export interface LockView {
  noteOf(user: LockUser): Promise<Note>
  seen(path: string): Promise<LockSeen>
  holders(directory: string): Promise<readonly LockHeld[]>
}

export function createLockView({ files, paths, clock }: LockViewParts): LockView {
  let own: Promise<number> | undefined
  // The number that other processes see in the host's /proc. In a container, this process itself has another one.
  const ownPid = async () => Number((await files.readLink('/proc/self')) ?? process.pid)
  return {
    async noteOf(user) {
      const pid = await (own ??= ownPid())
      return () => Buffer.from(formatLockNote(pid, clock.wallMs(), user))
    },
    async seen(path) {
      const [note, real, table] = await Promise.all([files.read(path), paths.real(path, 'keep'), files.read('/proc/locks')])
      if (note === undefined) return { note, pid: undefined }
      return { note, pid: lockerIn(table ?? '', await fileOf(real, path)) }
    },
    async holders(directory) {
      const names = (await files.list(directory)).filter((name) => name.endsWith('.lock'))
      const lockers = lockersIn((await files.read('/proc/locks')) ?? '')
      if (!lockers.any) return []
      const found = names.map(async (name): Promise<LockHeld[]> => {
        const file = join(directory, name)
        const { device, inode } = await fileOf(await paths.real(file, 'keep'), file)
        const pid = lockers.of(device, inode)
        return pid === undefined ? [] : [{ file, pid, note: await files.read(file) }]
      })
      return (await Promise.all(found)).flat()
    },
  }
}

/** As `/proc/locks` names the file. Lock files are never removed. */
async function fileOf(real: string, path: string): Promise<{ readonly device: string; readonly inode: string }> {
  const { dev, ino } = await lstat(real, { bigint: true }).catch((error: unknown) => {
    throw systemError(error, path)
  })
  return { device: deviceNumber(dev), inode: ino.toString() }
}
