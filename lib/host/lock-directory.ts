/** Open-iscsi's lock directory is below /run/lock, where any user may create it first (mode 1777 on Debian). */
import { lstatSync, type Stats } from 'node:fs'
import { lstat, mkdir } from 'node:fs/promises'
import { BrickworkError } from '../core/errors.js'
import { systemError } from './errors.js'
import { IN_MEMORY } from './paths.js'

const FOR_OTHERS = 0o002
const FOR_GROUP = 0o020

/**
 * Creates the directory if it is missing. In a directory with the sticky bit, other users can't replace a directory that root owns.
 * @throws `ERR_STATE` when another user than root (or this process's user) owns it, or when others may write to it.
 */
export async function requireSafeDirectory(path: string): Promise<void> {
  const stat = (IN_MEMORY.test(path) ? lstatSync(path, { throwIfNoEntry: false }) : undefined) ?? (await created(path))
  const own = (id: number, mine: number | undefined) => id === 0 || id === mine
  const forOthers = FOR_OTHERS | (own(stat.gid, process.getegid?.()) ? 0 : FOR_GROUP)
  if (stat.isDirectory() && own(stat.uid, process.geteuid?.()) && (stat.mode & forOthers) === 0) return
  throw unsafe(path)
}
async function created(path: string): Promise<Stats> {
  await mkdir(path, { mode: 0o770 }).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw systemError(error, path)
  })
  return await lstat(path).catch((error: unknown) => {
    throw systemError(error, path)
  })
}
function unsafe(path: string): BrickworkError {
  return new BrickworkError(
    'ERR_STATE',
    `${path} must be a directory that only root owns and may write to; otherwise another user could forge or block open-iscsi's lock. Remove it, and find out who created it`,
    { details: { file: path } },
  )
}
