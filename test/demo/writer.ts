/** A program that keeps writing, whatever happens to the paths below it. */
import { createHash, randomBytes } from 'node:crypto'
import { type FileHandle, open } from 'node:fs/promises'
import { setTimeout as pause } from 'node:timers/promises'

const CHUNK = 32 * 1024
const PAUSE_MS = 100

export class Writer {
  readonly #file: FileHandle
  readonly #hash = createHash('sha256')
  readonly #running: Promise<void>
  #bytes = 0
  #longestMs = 0
  #ending = false
  #failure: unknown

  private constructor(file: FileHandle) {
    this.#file = file
    this.#running = this.#write()
  }
  static async start(path: string): Promise<Writer> {
    return new Writer(await open(path, 'w'))
  }
  /** Bytes on the volume: fdatasync has returned for them. */
  get bytes(): number {
    return this.#bytes
  }
  /** The longest time for one piece since the last call. */
  takeLongestMs(): number {
    const longest = this.#longestMs
    this.#longestMs = 0
    return longest
  }
  /** Returns the checksum of all written data. Rejects if a piece could not be written. */
  async stop(): Promise<string> {
    this.#ending = true
    await this.#running
    await this.#file.close()
    if (this.#failure !== undefined) throw new Error(`writing failed after ${this.#bytes} bytes`, { cause: this.#failure })
    return this.#hash.digest('hex')
  }

  async #write(): Promise<void> {
    try {
      while (!this.#ending) {
        const chunk = randomBytes(CHUNK)
        const from = performance.now()
        await this.#file.write(chunk)
        await this.#file.datasync()
        this.#longestMs = Math.max(this.#longestMs, performance.now() - from)
        this.#hash.update(chunk)
        this.#bytes += chunk.length
        await pause(PAUSE_MS)
      }
    } catch (error) {
      this.#failure = error
    }
  }
}
