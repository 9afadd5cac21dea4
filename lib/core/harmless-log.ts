import type { Log } from './host.js'

/** A log of the user's that may throw, now or later: that it can't write a line is no failure of what the line is about. */
export function harmlessLog(log: Log): Log {
  const said = (level: keyof Log) => (fields: Readonly<Record<string, unknown>>, message: string) => {
    try {
      // A method of the user's may be asynchronous, whatever its type says.
      const say: (fields: Readonly<Record<string, unknown>>, message: string) => unknown = log[level].bind(log)
      const outcome = say(fields, message)
      if (outcome instanceof Promise) outcome.catch(() => undefined)
    } catch {
      // Nobody is left to be told.
    }
  }
  return { debug: said('debug'), warn: said('warn') }
}
