/** Writes to the right output, in the right form. */
import type { Log } from '../core/host.js'
import type { Answer } from './command.js'
import type { Io } from './io.js'
import { failureDocument, failureLines } from './text/failure.js'
import { toJson } from './text/json.js'
import { printable } from './text/layout.js'
import { formatFields } from './timeline.js'

const LONG_MS = 500

export class Speaker {
  readonly #io: Io
  readonly #json: boolean
  readonly #verbose: boolean

  constructor(io: Io, json: boolean, verbose: boolean) {
    this.#io = io
    this.#json = json
    this.#verbose = verbose
  }
  answer({ document, lines }: Answer): void {
    this.#io.stdout(this.#json ? `${toJson(document)}\n` : text(lines))
  }
  /** Prints one of several answers, each on its own line. */
  tell({ document, lines }: Answer): void {
    this.#io.stdout(this.#json ? `${JSON.stringify(document)}\n` : text(lines))
  }
  fail(error: unknown): void {
    this.#io.stderr(this.#json ? `${failureDocument(error)}\n` : text(failureLines(error, this.#verbose)))
  }
  /** Prints a line besides the answer: a step or a warning. */
  aside(line: string): void {
    this.#io.stderr(text([line]))
  }
  /** Prints warnings of the host. Notes about an operation have an `id` and are part of the timeline, which only `--verbose` prints. */
  get log(): Log {
    return {
      debug: () => undefined,
      warn: (fields, message) => {
        if (!this.#json && !('id' in fields)) this.aside(`brickwork: warning: ${message}${formatFields(fields)}`)
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
  /** Lets event subscribers print first. */
  async turn(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve))
  }
}

function text(lines: readonly string[]): string {
  return lines.map((line) => `${printable(line)}\n`).join('')
}
