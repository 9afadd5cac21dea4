import { posix } from 'node:path'

import type { Random } from '../time/random.js'
import type { FileTree } from './file-tree.js'

/** Directories whose files survive a reboot. */
const LASTING = ['/etc', '/var', '/root', '/usr', '/opt', '/home', '/mnt', '/srv']

/** Which of the machine's files have reached its disk. The others survive the death of a process, but a power loss only by chance. */
export class DurableFiles {
  readonly #tree: FileTree
  readonly #random: Random
  readonly #written = new Map<string, Uint8Array>()
  readonly #whole = new WeakSet<Uint8Array>()

  constructor(tree: FileTree, random: Random) {
    this.#tree = tree
    this.#random = random
  }
  /** Records that the present content of `path`, or its absence, survives a power loss. */
  written(path: string): void {
    const place = this.#physical(path)
    const content = this.#tree.content(place)
    if (content instanceof Uint8Array) this.#written.set(place, content)
    else this.#written.delete(place)
  }
  /**
   * Records that the file's content has reached the disk, but maybe not its name: after a power loss the file is there as a whole, or not
   * at all.
   */
  whole(path: string): void {
    const content = this.#tree.content(path)
    if (content instanceof Uint8Array) this.#whole.add(content)
  }
  allWritten(): void {
    this.#written.clear()
    for (const path of this.#files()) this.written(path)
  }
  /**
   * Each file that was not written durably has its last durable content, its newest content, or half of that. A removed file may come back.
   */
  powerLoss(): void {
    for (const path of this.#files()) {
      const now = this.#tree.content(path)
      const before = this.#written.get(path)
      if (now instanceof Uint8Array && now !== before) this.#tear(path, before, now)
    }
    for (const [path, before] of this.#written) {
      const lost = this.#tree.content(path) === undefined && this.#random.below(2) === 0
      if (lost) this.#tree.file(path, before, { mode: 0o600 })
    }
    this.allWritten()
  }

  #tear(path: string, before: Uint8Array | undefined, now: Uint8Array): void {
    const luck = this.#random.below(3)
    const mode = this.#tree.find(path)?.node.mode ?? 0o600
    if (luck === 0 && before === undefined) this.#tree.remove(path)
    else if (luck === 0) this.#tree.file(path, before ?? now, { mode })
    else if (luck === 1 && !this.#whole.has(now)) this.#tree.file(path, this.#half(before, now), { mode })
  }
  /** A torn append keeps its durable part. A replaced file may come back empty or cut. */
  #half(before: Uint8Array | undefined, now: Uint8Array): Uint8Array {
    const kept = before !== undefined && startsWith(now, before) ? before.length : 0
    return now.slice(0, kept + this.#random.below(now.length - kept + 1))
  }
  #files(): string[] {
    return LASTING.flatMap((directory) => this.#below(directory))
  }
  #below(path: string): string[] {
    const node = this.#tree.find(path, 'keep')?.node
    if (node?.kind === 'file') return [path]
    return node?.kind === 'directory' ? [...node.entries.keys()].flatMap((name) => this.#below(posix.join(path, name))) : []
  }
  #physical(path: string): string {
    const parent = this.#tree.find(posix.dirname(path))
    return parent === undefined ? path : posix.join(parent.path, posix.basename(path))
  }
}

function startsWith(whole: Uint8Array, start: Uint8Array): boolean {
  return start.length <= whole.length && start.every((byte, at) => whole[at] === byte)
}
