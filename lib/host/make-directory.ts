import { constants } from 'node:os'
import { constants as access, type Stats } from 'node:fs'
import { access as mayAccess, mkdir, stat } from 'node:fs/promises'
import { dirname } from 'node:path'

import type { BrickworkError } from '../core/errors.js'
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
    else if (!there.isDirectory()) throw await blocked(hostPath, real)
    await mayAccess(real, access.W_OK | access.X_OK)
  } catch (error) {
    throw await named(error, hostPath, real)
  }
}

/** Not by mkdir's option `recursive`, which reports a read-only file system as ENOENT. */
async function create(real: string, mode: number): Promise<void> {
  const parent = dirname(real)
  if (parent !== real && (await statOf(parent)) === undefined) await create(parent, 0o755)
  try {
    await mkdir(real, mode)
  } catch (error) {
    if (errnoOf(error) === 'EEXIST' && (await statOf(real))?.isDirectory() === true) return // another process was faster
    throw error
  }
  // A file in a new directory is durable only if the directory's own name is.
  await syncDirectory(parent)
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
  return errno === 'ENOTDIR' || errno === 'EEXIST' ? await blocked(hostPath, real, error) : systemError(error, hostPath)
}
async function blocked(hostPath: string, real: string, cause?: unknown): Promise<BrickworkError> {
  const inTheWay = await fileAbove(hostPath, real)
  const why = `${inTheWay ?? 'a part of the path'} is a file: remove it or use another directory`
  return kernelError({ errno: -constants.errno.ENOTDIR, syscall: 'mkdir', path: hostPath, why }, cause)
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
