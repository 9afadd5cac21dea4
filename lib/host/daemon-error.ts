import { BrickworkError } from '../core/errors.js'
import { errnoOf, systemError } from './errors.js'

/** Errors that mean that no daemon is listening on the socket. */
const nobodyListens: ReadonlySet<string | undefined> = new Set(['ECONNREFUSED', 'ENOENT', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT'])

/** The error of a call to a daemon. `ERR_DAEMON_UNREACHABLE` when none answers. */
export function daemonError(socket: string, error: unknown): Error {
  const errno = errnoOf(error)
  if (!nobodyListens.has(errno)) return systemError(error)
  return new BrickworkError('ERR_DAEMON_UNREACHABLE', `The daemon at @${socket} does not answer (${errno ?? ''}): is it running?`, {
    details: { socket, errno },
    cause: error,
  })
}
