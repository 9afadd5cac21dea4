import { BrickworkError } from '../core/errors.js'

/** A failed system call as the real host reports it. */
export function kernelError(errno: string, syscall: string, path: string): BrickworkError {
  const code = errno === 'EACCES' || errno === 'EPERM' ? 'ERR_PERMISSION' : 'ERR_KERNEL'
  return new BrickworkError(code, `${syscall} ${path} failed with ${errno}`, { details: { errno, syscall, path } })
}
