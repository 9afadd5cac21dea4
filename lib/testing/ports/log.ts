import type { Log } from '../../core/host.js'

export interface LogLine {
  readonly level: 'debug' | 'warn'
  readonly fields: Readonly<Record<string, unknown>>
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
