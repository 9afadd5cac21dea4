/** Lines at the end of a terminal that are drawn again and again, and leave nothing behind. */
import type { Screen } from '../io.js'
import { fittedLine, type Line, textOfLine, written } from '../text/toned.js'
import { widthOf } from '../text/width.js'

/** Control functions of ECMA-48: CUU (cursor up), EL (erase to the end of the line), ED (erase to the end of the screen). */
const up = (rows: number) => (rows === 0 ? '\r' : `\r\u001b[${rows}A`)
const ERASE_LINE = '\u001b[K'
const ERASE_BELOW = '\u001b[J'

/**
 * It changes no mode of the terminal and does not hide the cursor, so that a process that is killed leaves nothing to be restored. Between
 * two writes the cursor stands at the beginning of the line below.
 */
export class LiveView {
  readonly #write: (text: string) => void
  readonly #screen: Screen
  readonly #colours: boolean
  /** Widths of the lines that are on the screen. */
  #shown: readonly number[] = []

  constructor(write: (text: string) => void, screen: Screen, colours: boolean) {
    this.#write = write
    this.#screen = screen
    this.#colours = colours
  }
  /** Lines that do not fit are cut off: one that is wrapped, or scrolled away, could not be erased. */
  draw(lines: readonly Line[]): void {
    const { columns, rows } = this.#screen.size()
    const fitting = lines.length < rows ? lines : [...lines.slice(0, Math.max(1, rows - 2)), `  … ${lines.length - rows + 2} more lines`]
    const cut = fitting.slice(0, Math.max(1, rows - 1)).map((line) => fittedLine(line, columns - 1))
    const text = cut.map((line) => `${written(line, this.#colours)}${ERASE_LINE}\n`).join('')
    this.#write(up(this.#height(columns)) + text + ERASE_BELOW)
    this.#shown = cut.map((line) => widthOf(textOfLine(line)))
  }
  erase(): void {
    if (this.#shown.length === 0) return
    this.#write(up(this.#height(this.#screen.size().columns)) + ERASE_BELOW)
    this.#shown = []
  }
  /** Something else has written on the terminal since: what was drawn stays. */
  forget(): void {
    this.#shown = []
  }

  /** A terminal that has become narrower wraps lines that are on it already. */
  #height(columns: number): number {
    return this.#shown.reduce((rows, width) => rows + Math.max(1, Math.ceil(width / columns)), 0)
  }
}
