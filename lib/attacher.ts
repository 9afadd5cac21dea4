/** Creates attachers with all connectors. */
import { createConnectors } from './connectors/index.js'
import { checkOptions } from './check-options.js'
import { harmlessLog } from './core/harmless-log.js'
import type { Log } from './core/host.js'
import { checks } from './forms.js'
import { ownHost } from './own-host.js'
import type { Attacher } from './api/attacher.js'
import type { AttacherOptions } from './attacher-options.js'

/**
 * Creates an attacher for this host. It loads the native part, checks its privileges, creates its directories, and changes nothing else.
 * @throws {@link BrickworkError} `ERR_INVALID_ARGUMENT` for a wrong option. `ERR_STATE` if a directory cannot be used.
 * `ERR_UNSUPPORTED_PLATFORM` if this is not a Linux host. `ERR_NATIVE_UNAVAILABLE` if the native part is missing or does not fit this
 * machine. `ERR_PERMISSION` if this process is not root with CAP_SYS_ADMIN, or may not write to a directory, or may not have `limits.priority`. `ERR_KERNEL` or
 * `ERR_PERMISSION` if the trace file cannot be created.
 */
export async function createAttacher(options: AttacherOptions = {}): Promise<Attacher> {
  checkOptions(options)
  const host = options.host ?? ownHost(options.log)
  const { priority } = checks.limits(options.limits ?? {})
  // Before the threads of the native part start, which inherit it.
  if (priority !== undefined && options.queryOnly !== true) host.prioritize?.(priority)
  if (options.queryOnly !== true) host.kernel.load()
  const trace = options.trace === undefined ? undefined : await traceFile(options.trace, harmlessLog(options.log ?? host.log))
  try {
    const onClosed = async () => trace?.end()
    const [{ BrickworkAttacher }, connectors] = await Promise.all([import('./attach/attacher.js'), createConnectors()])
    return await BrickworkAttacher.open({ ...options, host, onClosed }, connectors, checks)
  } catch (error) {
    await trace?.end()
    throw error
  }
}

async function traceFile(file: string, log: Log) {
  const { openTraceFile } = await import('./host/trace-file.js')
  return await openTraceFile(file, log)
}
