import type { Log } from '../core/host.js'

/** A library says nothing unless it is asked to. */
export const silentLog: Log = {
  debug: () => undefined,
  warn: () => undefined,
}
