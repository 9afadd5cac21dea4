import type { Log } from './host.js'

/** The library logs nothing by default. No line is composed for this log. */
export const silentLog: Log = {
  debug: () => undefined,
  warn: () => undefined,
}
