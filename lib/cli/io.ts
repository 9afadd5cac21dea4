/** What a command needs of the process around it; a test gives its own. */
export interface Io {
  readonly stdout: (text: string) => void
  readonly stderr: (text: string) => void
  /** The text of a file, or of the standard input for `-`. */
  readonly read: (file: string, signal: AbortSignal) => Promise<string>
  /** Aborts when the command is told to stop. */
  readonly signal: AbortSignal
}
