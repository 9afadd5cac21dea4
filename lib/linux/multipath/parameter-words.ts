/** Highest count that a line of the multipath target is believed to have. */
const MOST = 4096

/** Reads the words of a line of the multipath target, one after another. */
export class ParameterWords {
  readonly #words: readonly string[]
  #at = 0

  constructor(parameters: string) {
    this.#words = parameters.trim().split(/\s+/)
  }
  /** The next word; empty behind the last one. */
  word(): string {
    return this.#words[this.#at++] ?? ''
  }
  /** The next word as a count; `NaN` if it is none. */
  count(): number {
    const value = Number(this.word())
    return Number.isInteger(value) && value >= 0 && value <= MOST ? value : Number.NaN
  }
  /** A count, then as many words. */
  several(): readonly string[] {
    const many = this.count()
    const taken = this.#words.slice(this.#at, this.#at + many)
    this.skip(many)
    return taken
  }
  /** After `NaN` words nothing more is read, and {@link ended} is false. */
  skip(many: number): void {
    this.#at += many
  }
  /** Whether exactly all words were read. */
  get ended(): boolean {
    return this.#at === this.#words.length
  }
}
