/** Files that take another's place by rename: nobody ever sees half of one. */
import { randomBytes } from 'node:crypto'
import { open, rename, rm, symlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'

/** Hidden and short, so that a directory's readers skip it and the longest name still has room. A crash may leave one behind. */
export function temporaryBeside(path: string): string {
  return join(dirname(path), `.brickwork-${randomBytes(8).toString('hex')}.tmp`)
}

/** Makes the file with exactly this mode, whatever the umask; on failure nothing stays. */
export async function writeTemporary(path: string, text: string, mode: number, { sync }: { readonly sync: boolean }): Promise<void> {
  const handle = await open(path, 'wx', mode)
  try {
    await handle.chmod(mode)
    await handle.writeFile(text)
    if (sync) await handle.sync()
    await handle.close()
  } catch (error) {
    await handle.close().catch(() => undefined)
    await rm(path, { force: true }).catch(() => undefined)
    throw error
  }
}

export async function replaceFile(path: string, text: string, mode: number): Promise<void> {
  await putInPlace(path, (temporary) => writeTemporary(temporary, text, mode, { sync: false }))
}

export async function replaceLink(path: string, target: string): Promise<void> {
  await putInPlace(path, (temporary) => symlink(target, temporary))
}

async function putInPlace(path: string, make: (temporary: string) => Promise<void>): Promise<void> {
  const temporary = temporaryBeside(path)
  try {
    await make(temporary)
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined)
    throw error
  }
}
