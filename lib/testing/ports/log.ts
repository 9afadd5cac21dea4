import type { Log } from '../../core/host.js'

/** A line that a process logged. */
export interface LogLine {
  /** How important the line is. */
  readonly level: 'debug' | 'warn'
  /** What the line is about. */
  readonly fields: Readonly<Record<string, unknown>>
  /** The text. */
  readonly message: string
}

/** The Log port: keeps every line. */
export class FakeLog implements Log {
  /** Every line, in order. */
  readonly lines: LogLine[] = []
  readonly #problem: (what: string) => void

  /** @param problem records that the code under test broke an invariant of its own. */
  constructor(problem: (what: string) => void = () => undefined) {
    this.#problem = problem
  }
  /** Keeps a line of the level `debug`. */
  debug(fields: Readonly<Record<string, unknown>>, message: string): void {
    this.lines.push({ level: 'debug', fields, message })
  }
  /** Keeps a line of the level `warn`. */
  warn(fields: Readonly<Record<string, unknown>>, message: string): void {
    if ('invariant' in fields) this.#problem(`${message}: ${JSON.stringify(fields)}`)
    this.lines.push({ level: 'warn', fields, message })
  }
}
