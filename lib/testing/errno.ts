import { BrickworkError } from '../core/errors.js'
import type { PortCall } from './faults.js'

/** A failed system call as the real host reports it. */
export function kernelError(errno: string, syscall: string, path: string): BrickworkError {
  const code = errno === 'EACCES' || errno === 'EPERM' ? 'ERR_PERMISSION' : 'ERR_KERNEL'
  return new BrickworkError(code, `${syscall} ${path} failed with ${errno}`, { details: { errno, syscall, path } })
}

/** The error of a daemon's socket. The errno depends on how the daemon ended, or whether it runs at all. */
export function unreachable(socket: string, errno: string): BrickworkError {
  return new BrickworkError('ERR_DAEMON_UNREACHABLE', `The daemon at @${socket} does not answer (${errno})`, { details: { errno, socket } })
}
const ENDED: readonly string[] = ['ECONNREFUSED', 'ENOENT', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT']

/** The error of a call that fails with this errno, as the real host reports it. */
export function failureOf(call: PortCall, errno: string, subject: string): BrickworkError {
  const [socket = ''] = subject.split(' ')
  return call === 'kernel.exchange' && ENDED.includes(errno) ? unreachable(socket, errno) : kernelError(errno, 'fault', subject)
}
