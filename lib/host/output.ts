/** The output of a program, up to a limit. The rest is read and dropped, so that the program does not block. */
export class Output {
  readonly #chunks: Buffer[] = []
  readonly #limit: number
  #kept = 0
  #seen = 0

  constructor(limitBytes: number) {
    this.#limit = limitBytes
  }
  add(chunk: Buffer): void {
    this.#seen += chunk.length
    const room = this.#limit - this.#kept
    if (room <= 0) return
    const part = chunk.length > room ? chunk.subarray(0, room) : chunk
    this.#chunks.push(part)
    this.#kept += part.length
  }
  text(): string {
    const kept = Buffer.concat(this.#chunks).toString('utf8')
    return this.#seen > this.#kept ? `${kept}\n[truncated: ${this.#kept} of ${this.#seen} bytes]` : kept
  }
}
