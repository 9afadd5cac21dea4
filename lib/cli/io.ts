/** Input, output and signals of the process. Tests pass their own. */
export interface Io {
  readonly stdout: (text: string) => void
  readonly stderr: (text: string) => void
  /** The text of a file, or of the standard input for `-`. */
  readonly read: (file: string, signal: AbortSignal) => Promise<string>
  /** Aborts when the process is asked to stop. */
  readonly signal: AbortSignal
}
