/** What goes to which output, and in which form. */
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
  /** One of several answers, each on a line of its own. */
  tell({ document, lines }: Answer): void {
    this.#io.stdout(this.#json ? `${JSON.stringify(document)}\n` : text(lines))
  }
  fail(error: unknown): void {
    this.#io.stderr(this.#json ? `${failureDocument(error)}\n` : text(failureLines(error, this.#verbose)))
  }
  /** Beside the answer: steps, warnings. */
  aside(line: string): void {
    this.#io.stderr(text([line]))
  }
  /** Warnings of the host. What is noted about an operation is part of its story, which only `--verbose` tells. */
  get log(): Log {
    return {
      debug: () => undefined,
      warn: (fields, message) => {
        if (!this.#json && !('id' in fields)) this.aside(`brickwork: warning: ${message}${formatFields(fields)}`)
      },
    }
  }
  /** For people only, unless it is over soon. */
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
  /** Lets those who listen to events say theirs first. */
  async turn(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve))
  }
}

function text(lines: readonly string[]): string {
  return lines.map((line) => `${printable(line)}\n`).join('')
}
