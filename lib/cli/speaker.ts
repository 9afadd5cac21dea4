/** Writes to the right output, in the right form. */
import { BrickworkError } from '../core/errors.js'
import type { Log } from '../core/host.js'
import type { Answer } from './command.js'
import { DOCUMENT_VERSION } from './documents.js'
import type { Io, LostOutput } from './io.js'
import { failureDocument, failureLines } from './text/failure.js'
import { toJson } from './text/json.js'
import { type Line, toned, written } from './text/toned.js'
import { formatFields } from './timeline.js'

const LONG_MS = 500

export class Speaker {
  readonly #io: Io
  readonly #json: boolean
  readonly #verbose: boolean
  /** The answer is a stream: that its reader leaves is its normal end. */
  streams = false
  /** What is drawn on the terminal now. It is erased before anything is written. */
  view: { readonly erase: () => void } | undefined

  constructor(io: Io, json: boolean, verbose: boolean) {
    this.#io = io
    this.#json = json
    this.#verbose = verbose
  }
  get json(): boolean {
    return this.#json
  }
  /** Prints an answer: one of several is on a line of its own. */
  answer({ document, lines }: Answer): void {
    this.view?.erase()
    this.#io.stdout(this.#json ? versioned(document) : text(lines, this.#io.colours.stdout))
  }
  fail(error: unknown): void {
    if (this.#json) this.#io.stderr(versioned(failureDocument(error)))
    else this.aside(...failureLines(error, this.#verbose))
  }
  /** Standard output could not be written. `changed`: what the command did stays, although nobody has read the answer. */
  lost({ message, errno }: LostOutput, changed: boolean): void {
    const hint = changed ? '. What the command did stays: repeat it to see the answer' : ''
    const said = `he answer could not be written: ${message}${hint}`
    if (!this.#json) {
      this.aside(`brickwork: t${said}`)
      return
    }
    const details = { errno, syscall: 'write' }
    this.fail(new BrickworkError('ERR_KERNEL', `T${said}`, { sideEffects: changed ? 'left' : 'none', details }))
  }
  /** Prints one of the documents that come before the answer. */
  document(document: Readonly<Record<string, unknown>>): void {
    this.#io.stderr(versioned(document))
  }
  /** Prints lines besides the answer: a step or a warning. */
  aside(...lines: readonly Line[]): void {
    this.view?.erase()
    this.#io.stderr(text(lines, this.#io.colours.stderr))
  }
  /** Prints warnings of the host. Notes about an operation have an `id` and are part of the timeline, which only `--verbose` prints. */
  get log(): Log {
    return {
      debug: () => undefined,
      warn: (fields, message) => {
        if (!this.#json && !('id' in fields))
          this.aside(['brickwork: ', toned('warning', 'warning'), `: ${message}${formatFields(fields)}`])
      },
    }
  }
  /** Prints the line for people if the work takes longer than {@link LONG_MS}. */
  async sayIfLong(line: string, work: Promise<unknown>): Promise<void> {
    const timer = setTimeout(() => {
      if (!this.#json) this.aside(`brickwork: ${line}`)
    }, LONG_MS)
    try {
      await work
    } finally {
      clearTimeout(timer)
    }
  }
}

function versioned(document: unknown): string {
  return `${toJson({ version: DOCUMENT_VERSION, ...(document as object) })}\n`
}
function text(lines: readonly Line[], colours: boolean): string {
  return lines.map((line) => `${written(line, colours)}\n`).join('')
}
