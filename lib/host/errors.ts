/** Turns a failed system call into an error for the user: a code, the name of the errno, and advice. */
import { constants } from 'node:os'
import { getSystemErrorName } from 'node:util'

import { BrickworkError } from '../core/errors.js'
import { permissionAdvice } from './permission-advice.js'

/** The fields that system errors of Node.js and of the addon share. `errno` is negative. */
export interface SystemFailure {
  readonly errno: number
  readonly syscall: string | undefined
  readonly path: string | undefined
  /** What is wrong, if the caller knows more than the errno says. */
  readonly why?: string
}

/** Errors of block devices and of NVMe connects whose names neither libuv nor `os.constants` knows. */
const rareErrnos: ReadonlyMap<number, string> = new Map([
  [52, 'EBADE'],
  [117, 'EUCLEAN'],
  [121, 'EREMOTEIO'],
  [123, 'ENOMEDIUM'],
  [124, 'EMEDIUMTYPE'],
  [126, 'ENOKEY'],
  [129, 'EKEYREJECTED'],
])

/** `5` → `EIO`. */
export function errnoName(errno: number): string {
  const positive = Math.abs(errno)
  if (positive === 0) return 'E0'
  const name = getSystemErrorName(-positive)
  if (/^E[A-Z0-9]+$/.test(name)) return name
  return Object.entries(constants.errno).find(([, value]) => value === positive)?.[0] ?? rareErrnos.get(positive) ?? `E${positive}`
}

const advice: ReadonlyMap<string, string> = new Map([
  ['ENOSPC', 'free space (or inodes) on that file system'],
  ['EDQUOT', 'raise the quota of that file system'],
  ['EROFS', 'the file system is read-only: remount it or use another directory'],
  // BLK_STS_RESV_CONFLICT (block/blk-core.c): the device answered RESERVATION CONFLICT.
  ['EBADE', 'another host holds a persistent reservation: see sg_persist --read-reservation'],
  ['EIO', 'the storage below reports errors: see dmesg; with "reservation conflict" there, another host has reserved the volume'],
  ['EMFILE', 'raise the limit of open files of this process'],
  ['ENFILE', 'raise fs.file-max of this host'],
  ['ELOOP', 'a symbolic link leads back to itself'],
  ['ENAMETOOLONG', 'use a shorter directory'],
])

/**
 * Turns a system error of Node.js or of the addon into a `BrickworkError`. Returns other errors unchanged. A thrown value that is not an
 * `Error` becomes `ERR_KERNEL`. `path` is the host path, for when it differs from the path that the system call saw.
 */
export function systemError(error: unknown, path?: string): Error {
  const failure = failureOf(error)
  if (failure !== undefined) return kernelError({ ...failure, path: path ?? failure.path }, error)
  return error instanceof Error ? error : new BrickworkError('ERR_KERNEL', `Failed with ${String(error)}`)
}

export function kernelError(failure: SystemFailure, cause?: unknown): BrickworkError {
  const errno = errnoName(failure.errno)
  const code = errno === 'EACCES' || errno === 'EPERM' ? 'ERR_PERMISSION' : 'ERR_KERNEL'
  const what = [failure.syscall, failure.path].filter((part) => part !== undefined && part !== '').join(' ')
  const hint = failure.why ?? (code === 'ERR_PERMISSION' ? permissionAdvice() : advice.get(errno))
  return new BrickworkError(code, `${what === '' ? 'A system call' : what} failed with ${errno}${hint === undefined ? '' : ` (${hint})`}`, {
    details: { errno, syscall: failure.syscall, path: failure.path },
    ...(cause === undefined ? {} : { cause }),
  })
}

/** Name of the errno that an error of Node.js or of the addon carries; `undefined` when it carries none. */
export function errnoOf(error: unknown): string | undefined {
  const failure = failureOf(error)
  return failure === undefined ? undefined : errnoName(failure.errno)
}

function failureOf(error: unknown): SystemFailure | undefined {
  if (!(error instanceof Error) || !('errno' in error) || typeof error.errno !== 'number') return undefined
  return {
    errno: error.errno,
    syscall: 'syscall' in error && typeof error.syscall === 'string' ? error.syscall : undefined,
    path: 'path' in error && typeof error.path === 'string' ? error.path : undefined,
  }
}
