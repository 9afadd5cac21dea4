/** Files that take another's place by rename: nobody ever sees half of one. */
import { randomBytes } from 'node:crypto'
import { open, rename, rm, symlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'

/** Two processes may have the same pid, in containers. */
const OURS = randomBytes(6).toString('hex')
let count = 0

/** Hidden and short, so that a directory's readers skip it and the longest name still has room. A crash may leave one behind. */
export function temporaryBeside(path: string): string {
  return join(dirname(path), `.brickwork-${OURS}-${(count++).toString(16)}.tmp`)
}

/** Makes the file with exactly this mode, whatever the umask, and waits for the disk; on failure nothing stays. */
export async function writeDurably(path: string, text: string, mode: number): Promise<void> {
  const handle = await open(path, 'wx', mode)
  try {
    await handle.chmod(mode)
    await handle.writeFile(text)
    await handle.sync()
    await handle.close()
  } catch (error) {
    await handle.close().catch(() => undefined)
    await rm(path, { force: true }).catch(() => undefined)
    throw error
  }
}

export async function replaceLink(path: string, target: string): Promise<void> {
  const temporary = temporaryBeside(path)
  try {
    await symlink(target, temporary)
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined)
    throw error
  }
}
