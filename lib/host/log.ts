import type { Log } from '../core/host.js'

/** The library logs nothing by default. */
export const silentLog: Log = {
  debug: () => undefined,
  warn: () => undefined,
}
