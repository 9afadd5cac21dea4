/** The one place that knows which connectors there are. */
import { BrickworkAttacher } from './attach/attacher.js'
import { createConnectors } from './connectors/index.js'
import type { Host, Log } from './core/host.js'
import { BrickworkError } from './core/errors.js'
import { harmlessLog } from './core/harmless-log.js'
import { checks } from './forms.js'
import { createHost } from './host/create-host.js'
import { openTraceFile } from './host/trace-file.js'
import type { Attacher } from './api/attacher.js'
import type { PartialLimits, PartialPolicy } from './api/policy.js'

export interface AttacherOptions {
  /** Tag of the agent in claims and journal; default `default`. */
  readonly owner?: string
  /** Journal of this owner, on the host, on a disk that survives restarts; default `/var/lib/brickwork`. */
  readonly stateDir?: string
  /** Claims, locks and stable links, shared by all owners, gone with the boot; default `/run/brickwork`. */
  readonly runDir?: string
  /** Default {@link createHost}`()`: this machine. */
  readonly host?: Host
  readonly policy?: PartialPolicy
  readonly limits?: PartialLimits
  /** Default: nothing is logged. A log that throws, or whose promise is rejected, harms nobody. */
  readonly log?: Log
  /**
   * A file in Chrome's trace format (https://ui.perfetto.dev opens it): all operations, steps, programs and native calls of this process until
   * the attacher is closed, of its other attachers too. It is made anew, on this process's own file system, and readable by its owner only.
   */
  readonly trace?: string
}

/**
 * Makes an attacher. Reads the boot id and makes its directories; touches nothing else.
 * @throws `ERR_INVALID_ARGUMENT`, `ERR_STATE` (directories that can't be used), `ERR_UNSUPPORTED_PLATFORM`, `ERR_KERNEL` or
 * `ERR_PERMISSION` (the trace file can't be made).
 */
export async function createAttacher(options: AttacherOptions = {}): Promise<Attacher> {
  if (options.host === undefined && process.platform !== 'linux')
    throw new BrickworkError('ERR_UNSUPPORTED_PLATFORM', `Brickwork attaches volumes to Linux hosts; this is ${process.platform}`)
  const host = options.host ?? createHost(options.log === undefined ? {} : { log: options.log })
  const trace = options.trace === undefined ? undefined : await openTraceFile(options.trace, harmlessLog(host.log))
  try {
    const onClosed = async () => trace?.end()
    return await BrickworkAttacher.open({ ...options, host, onClosed }, createConnectors(), checks)
  } catch (error) {
    await trace?.end()
    throw error
  }
}
