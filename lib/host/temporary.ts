/** Replaces files by rename, so that no reader ever sees part of one. */
import { open, rename, rm, symlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { crypto } from '../core/crypto.js'
import { lazy } from '../core/lazy.js'

/** Not the pid: in containers, two processes may have the same one. */
const ours = lazy(() => crypto().randomBytes(6).toString('hex'))
let count = 0

/** Hidden, so that readers of the directory skip it, and short, so that the longest file name still fits. A crash may leave one. */
export function temporaryBeside(path: string): string {
  return join(dirname(path), `.brickwork-${ours()}-${(count++).toString(16)}.tmp`)
}

/** Creates the file with exactly this mode (the umask is ignored) and waits for the disk. Leaves nothing on failure. */
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
