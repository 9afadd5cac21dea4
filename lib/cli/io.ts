/** Input, output and signals of the process. Tests pass their own. */
export interface Io {
  readonly stdout: (text: string) => void
  readonly stderr: (text: string) => void
  /** Whether each output has colours. */
  readonly colours: { readonly stdout: boolean; readonly stderr: boolean }
  /** Standard error, if it is a terminal whose lines can be drawn again. */
  readonly screen: Screen | undefined
  /** The text of a file, or of the standard input for `-`. */
  readonly read: (file: string, signal: AbortSignal) => Promise<string>
  /** Asks on the terminal and returns the line that was typed. `undefined` if there is no terminal at which a person can be asked. */
  readonly ask: ((question: string, signal: AbortSignal) => Promise<string>) | undefined
  /** Aborts when the process is asked to stop. */
  readonly signal: AbortSignal
  /** Aborts when standard output cannot be written. Its reason is a {@link LostOutput}. */
  readonly outputLost: AbortSignal
  /** From now on `outputLost` also aborts when the reader goes while nothing is written. Call `stop` at the end. */
  readonly watchReader: () => { readonly stop: () => void }
  /** Resolves when everything has been written, or cannot be. */
  readonly flushed: () => Promise<void>
}

export interface Screen {
  /** Its present size in characters. */
  readonly size: () => { readonly columns: number; readonly rows: number }
  /** Cleans up if the process ends before the disposal. */
  readonly onExit: (cleanUp: () => void) => Disposable
  /** The process has been stopped and continued: what is on the screen is not known any more. */
  readonly onContinue: (continued: () => void) => Disposable
}

/** Why standard output cannot be written. */
export interface LostOutput {
  readonly message: string
  /** `EPIPE`: the reader has closed the pipe, as `head -1` does. */
  readonly errno: string | undefined
}
