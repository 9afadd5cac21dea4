import { type BrickworkError, isBrickworkError } from '../core/errors.js'
import type { Host } from '../core/host.js'
import { digest } from '../operation/digest.js'
import type { Entry } from '../operation/entry.js'
import { formatEntry, parseEntry, stateError } from '../operation/entry-text.js'
import { accessing } from '../operation/state-access.js'
import { removeTemporaries } from '../operation/temporaries.js'

const FILE_MODE = 0o600
const DIRECTORY_MODE = 0o700

/**
 * The durable state of one owner: an entry for each attachment, written before the host is changed and again when the attach is complete.
 */
export class Journal {
  readonly #host: Host
  readonly stateDir: string
  readonly #directory: string
  readonly #owner: string

  constructor(host: Host, stateDir: string, owner: string) {
    this.#host = host
    this.stateDir = stateDir
    this.#directory = `${stateDir}/attachments`
    this.#owner = owner
  }
  fileOf(id: string): string {
    return `${this.#directory}/${digest(id)}.json`
  }
  async open(): Promise<void> {
    await accessing('directory', this.#directory, () => this.#host.files.makeDirectory(this.#directory, DIRECTORY_MODE))
  }
  async read(id: string): Promise<Entry | undefined> {
    const file = this.fileOf(id)
    return this.entryIn(id, await accessing('file', file, () => this.#host.files.read(file)))
  }
  /** The entry in the text of its file. */
  entryIn(id: string, text: string | undefined): Entry | undefined {
    const file = this.fileOf(id)
    return text === undefined ? undefined : this.#own(parseEntry(text, file), file)
  }
  /** The entry is on disk when this resolves. */
  async write(entry: Entry): Promise<void> {
    const file = this.fileOf(entry.id)
    await accessing('file', file, () => this.#host.files.commit([{ path: file, text: formatEntry(entry), mode: FILE_MODE }]))
  }
  async forget(id: string): Promise<void> {
    const file = this.fileOf(id)
    // If the whole directory is missing, its disk may be unmounted: the entry would reappear with the disk.
    if ((await accessing('directory', this.#directory, () => this.#host.files.stat(this.#directory))) === undefined)
      throw stateError(file, 'cannot be removed: its directory is gone; is its disk still mounted?')
    await accessing('file', file, () => this.#host.files.commit([{ path: file, text: undefined, mode: FILE_MODE }]))
  }
  /** Entries of the volumes that are attached in this boot. Omits those that can't be read. */
  async attached(boot: string): Promise<readonly Entry[]> {
    return (await this.all()).entries.filter((entry) => entry.state === 'attached' && entry.boot === boot)
  }
  async tidy(): Promise<void> {
    await removeTemporaries(this.#host, this.#directory)
  }
  /** All entries that can be read, and an error for each file that can't. */
  async all(): Promise<{ entries: Entry[]; errors: BrickworkError[] }> {
    const entries: Entry[] = []
    const errors: BrickworkError[] = []
    const names = await accessing('directory', this.#directory, () => this.#host.files.list(this.#directory))
    for (const name of names.filter((each) => each.endsWith('.json'))) {
      const file = `${this.#directory}/${name}`
      try {
        const text = await accessing('file', file, () => this.#host.files.read(file))
        if (text !== undefined) entries.push(this.#own(parseEntry(text, file), file))
      } catch (error) {
        if (!isBrickworkError(error)) throw error
        errors.push(error)
      }
    }
    return { entries, errors }
  }

  #own(entry: Entry, file: string): Entry {
    if (entry.owner === this.#owner) return entry
    throw stateError(file, `belongs to another owner (${JSON.stringify(entry.owner)}); each owner needs a state directory of its own`)
  }
}
