import type { Host } from '../core/host.js'
import type { EnumerateCall } from './attacher.js'
import type { Call } from './call.js'

/**
 * Options of the functions that query a host without an attacher. They write nothing on the host and need no state directory, no root and no
 * native part. What cannot be read is left out, and named where the result has a place for it.
 */
export interface QueryOptions extends Call {
  /**
   * The host: from {@link createHost}, or a `FakeHost` in tests.
   * @default createHost()
   */
  readonly host?: Host | undefined
  /**
   * Directory of the journal, as a path of the host. It need not exist.
   * @default '/var/lib/brickwork'
   */
  readonly stateDir?: string | undefined
  /**
   * Directory of the claims of all owners, as a path of the host. It need not exist.
   * @default '/run/brickwork'
   */
  readonly runDir?: string | undefined
}
/** Options of the function `enumerate`. */
export interface EnumerateOptions extends QueryOptions, EnumerateCall {}
