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
  readonly lines: LogLine[] = []

  debug(fields: Readonly<Record<string, unknown>>, message: string): void {
    this.lines.push({ level: 'debug', fields, message })
  }
  warn(fields: Readonly<Record<string, unknown>>, message: string): void {
    this.lines.push({ level: 'warn', fields, message })
  }
}
