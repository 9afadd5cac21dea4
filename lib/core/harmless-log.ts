import type { Log } from './host.js'

/** Wraps a log of the user. Its errors and rejected promises are ignored: a failed log line must not fail an operation. */
export function harmlessLog(log: Log): Log {
  const said = (level: keyof Log) => (fields: Readonly<Record<string, unknown>>, message: string) => {
    try {
      // The user's method may be asynchronous, although its type says otherwise.
      const say: (fields: Readonly<Record<string, unknown>>, message: string) => unknown = log[level].bind(log)
      const outcome = say(fields, message)
      if (outcome instanceof Promise) outcome.catch(() => undefined)
    } catch {
      // There is no other place to report the error to.
    }
  }
  return { debug: said('debug'), warn: said('warn') }
}
