/** The screen of a terminal, as far as the command uses it: text, CR, LF, cursor up, erase (ECMA-48). */
import { widthOf } from '../../../lib/cli/text/width.js'

export class TestScreen {
  readonly #columns: number
  readonly #rows: string[][] = [[]]
  #row = 0
  #column = 0
  /** Everything that the command must not write on a terminal. */
  readonly strange: string[] = []

  constructor(columns: number) {
    this.#columns = columns
  }
  /** The rows that have text, without spaces at their ends. */
  get rows(): string[] {
    const rows = this.#rows.map((row) => row.join('').trimEnd())
    return rows.slice(0, rows.findLastIndex((row) => row !== '') + 1)
  }
  get cursor(): { readonly row: number; readonly column: number } {
    return { row: this.#row, column: this.#column }
  }
  /** @param text as it comes out of the terminal driver: a line ends with CR and LF */
  write(text: string): void {
    for (const [part] of text.matchAll(/\u001b\[[0-9;?]*[A-Za-z]|[^]/gu)) this.#part(part)
  }

  #part(part: string): void {
    if (part === '\r') this.#column = 0
    else if (part === '\n') this.#move(this.#row + 1)
    else if (part.startsWith('\u001b[')) this.#control(part.slice(2, -1), part.at(-1) ?? '')
    else if (part < ' ' || part === '\u007f') this.strange.push(JSON.stringify(part))
    else this.#put(part)
  }
  #control(argument: string, final: string): void {
    if (final === 'A') this.#move(Math.max(0, this.#row - Number(argument)))
    else if (final === 'K' && argument === '') this.#rows[this.#row]?.splice(this.#column)
    else if (final === 'J' && argument === '') {
      this.#rows[this.#row]?.splice(this.#column)
      this.#rows.splice(this.#row + 1)
    } else if (final !== 'm') this.strange.push(argument + final)
  }
  #put(character: string): void {
    const width = widthOf(character)
    if (this.#column + width > this.#columns) {
      this.#move(this.#row + 1)
      this.#column = 0
    }
    const row = this.#rows[this.#row] ?? []
    while (row.length < this.#column) row.push(' ')
    row.splice(this.#column, width, character, ...Array.from({ length: Math.max(0, width - 1) }, () => ''))
    this.#column += width
  }
  #move(row: number): void {
    while (this.#rows.length <= row) this.#rows.push([])
    this.#row = row
  }
}
