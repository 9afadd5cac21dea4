/** Reads small files for the identity of a host. A file that can't be read is as good as none, and is remembered by name. */
import { isBrickworkError } from '../core/errors.js'
import type { Host } from '../core/host.js'

export class HostFacts {
  readonly host: Host
  readonly #texts = new Map<string, Promise<string | undefined>>()
  readonly #refused = new Set<string>()
  readonly #unseen = new Set<string>()

  constructor(host: Host) {
    this.host = host
  }
  /** The text without white space at both ends; `undefined` if there is none. Each file is read once. */
  async text(path: string): Promise<string | undefined> {
    const known = this.#texts.get(path)
    if (known !== undefined) return await known
    const text = this.#read(path, () => this.host.files.read(path)).then((found) => {
      const trimmed = found?.trim()
      return trimmed === '' ? undefined : trimmed
    })
    this.#texts.set(path, text)
    return await text
  }
  async line(path: string): Promise<string | undefined> {
    return (await this.text(path))?.split('\n')[0]?.trim()
  }
  /** The names in a directory; empty if there is none. */
  async names(path: string): Promise<readonly string[]> {
    return (await this.#read(path, () => this.host.files.list(path))) ?? []
  }
  /** The host path with every link resolved. */
  async resolve(path: string): Promise<string | undefined> {
    return await this.#read(path, () => this.host.files.resolve(path))
  }
  /** The target of a link. One that only root may read counts as none, and is not reported. */
  async link(path: string): Promise<string | undefined> {
    return await this.host.files.readLink(path).catch(absentIfUnreadable)
  }
  /** Whether one of these programs or files exists. */
  async exists(...paths: readonly string[]): Promise<boolean> {
    const found = await Promise.all(paths.map((path) => this.#read(path, () => this.host.files.stat(path))))
    return found.some((stat) => stat !== undefined)
  }
  /** A file that this process has no permission to read. Another process may. */
  isRefused(path: string): boolean {
    return this.#refused.has(path)
  }
  /** Reports what could not be determined, in words. */
  note(what: string): void {
    this.#unseen.add(what)
  }
  unseen(): readonly string[] {
    return [...this.#unseen].sort()
  }

  async #read<T>(path: string, read: () => Promise<T | undefined>): Promise<T | undefined> {
    try {
      return await read()
    } catch (error) {
      if (isBrickworkError(error, 'ERR_PERMISSION')) this.#refused.add(path)
      this.note(`${path} (${this.#refused.has(path) ? 'no permission' : errnoOf(error)})`)
      return undefined
    }
  }
}

function absentIfUnreadable(error: unknown): undefined {
  errnoOf(error)
}
/** The name of the kernel's error. Any other error is thrown. */
function errnoOf(error: unknown): string {
  if (isBrickworkError(error, 'ERR_PERMISSION')) return 'EACCES'
  if (isBrickworkError(error, 'ERR_KERNEL')) return String(error.details['errno'])
  throw error
}
