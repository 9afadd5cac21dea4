import { constants } from 'node:os'
import { constants as access, type Stats } from 'node:fs'
import { access as mayAccess, mkdir, stat } from 'node:fs/promises'
import { dirname } from 'node:path'

import { syncDirectory } from './durable-writer.js'
import { errnoOf, kernelError, systemError } from './errors.js'
import { isAbsence } from './paths.js'

/**
 * Creates a directory and its parents, durably. Then checks that this process may create files in it: access(2) also says that a file system
 * is read-only.
 */
export async function makeDirectory(hostPath: string, real: string, mode: number): Promise<void> {
  try {
    const there = await statOf(real)
    if (there === undefined) await create(real, mode)
    else if (!there.isDirectory()) throw Object.assign(new Error('not a directory'), { errno: -constants.errno.ENOTDIR })
    await mayAccess(real, access.W_OK | access.X_OK)
  } catch (error) {
    throw await named(error, hostPath, real)
  }
}

async function create(real: string, mode: number): Promise<void> {
  const first = (await mkdir(dirname(real), { recursive: true, mode: 0o755 })) ?? real
  try {
    await mkdir(real, mode)
  } catch (error) {
    if (errnoOf(error) === 'EEXIST' && (await statOf(real))?.isDirectory() === true) return // another process was faster
    throw error
  }
  // A file in a new directory is durable only if the directory's own name is.
  for (let made = real; made.length >= first.length; made = dirname(made)) await syncDirectory(dirname(made))
}

async function statOf(path: string): Promise<Stats | undefined> {
  try {
    return await stat(path)
  } catch (error) {
    if (isAbsence(error)) return undefined
    throw error
  }
}

/** mkdir(2) reports a file in the way as EEXIST or ENOTDIR, without its name. */
async function named(error: unknown, hostPath: string, real: string): Promise<unknown> {
  const errno = errnoOf(error)
  if (errno !== 'ENOTDIR' && errno !== 'EEXIST') return systemError(error, hostPath)
  const inTheWay = await fileAbove(hostPath, real)
  const why = `${inTheWay ?? 'a part of the path'} is a file: remove it or use another directory`
  return kernelError({ errno: -constants.errno.ENOTDIR, syscall: 'mkdir', path: hostPath, why }, error)
}
async function fileAbove(hostPath: string, real: string): Promise<string | undefined> {
  // With links on the way, the two paths have different parts.
  let [host, own] = [real.endsWith(hostPath) ? hostPath : real, real]
  for (; host !== dirname(host); [host, own] = [dirname(host), dirname(own)]) {
    const there = await statOf(own)
    if (there !== undefined) return there.isDirectory() ? undefined : host
  }
  return undefined
}
