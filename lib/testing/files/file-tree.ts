import { posix } from 'node:path'

import { kernelError } from '../errno.js'
import { bytesOf, type Content, contentOf, type DirectoryNode, type FileNode, type Node, textOf } from './nodes.js'
import type { Unsettled } from './unsettled.js'

const MAX_LINKS = 40

/** A node and its path, with every link on the way resolved. */
export interface Found {
  readonly path: string
  readonly node: Node
}
/** Options of a file. */
export interface FileOptions {
  /** Permission bits; default 0o644. */
  readonly mode?: number
  /** User id of the owner; default 0. */
  readonly uid?: number
  /** Called at each write, for attributes of sysfs. */
  readonly onWrite?: (value: string) => Promise<void>
}

/** A file system in memory, with symbolic links. */
export class FileTree {
  readonly #now: () => number
  /** Where reads of a process may fail. The models themselves see everything. @internal */
  readonly unsettled: Unsettled
  readonly #root: DirectoryNode

  constructor(now: () => number, unsettled: Unsettled) {
    this.#now = now
    this.unsettled = unsettled
    this.#root = this.#newDirectory(0o755)
  }

  /** @internal */
  find(path: string, last: 'follow' | 'keep' = 'follow'): Found | undefined {
    const ahead = namesOf(path)
    const trail: { readonly name: string; readonly node: Node }[] = []
    const here = (): Node => trail.at(-1)?.node ?? this.#root
    for (let name = ahead.shift(), links = 0; name !== undefined; name = ahead.shift()) {
      if (name === '..') {
        trail.pop()
        continue
      }
      const directory = here()
      const node = directory.kind === 'directory' ? directory.entries.get(name) : undefined
      if (node === undefined) return undefined
      if (node.kind === 'link' && (ahead.length > 0 || last === 'follow')) {
        links += 1
        if (links > MAX_LINKS) throw kernelError('ELOOP', 'open', path)
        if (node.target.startsWith('/')) trail.length = 0
        ahead.unshift(...namesOf(node.target))
      } else trail.push({ name, node })
    }
    return { path: `/${trail.map(({ name }) => name).join('/')}`, node: here() }
  }
  /** The content of a file; `undefined` when nothing is there. @internal */
  content(path: string): Content | undefined {
    const node = this.find(path)?.node
    return node?.kind === 'file' ? contentOf(node) : undefined
  }
  /** The text of a file without its last newline; `undefined` if there is none. */
  text(path: string): string | undefined {
    const content = this.content(path)
    return content instanceof Uint8Array ? textOf(content).replace(/\n$/, '') : undefined
  }
  /** Sorted names in a directory; empty if there is none. */
  names(path: string): string[] {
    const node = this.find(path)?.node
    return node?.kind === 'directory' ? [...node.entries.keys()].sort() : []
  }

  /** Makes a directory, with the directories above it. */
  directory(path: string, mode = 0o755): DirectoryNode {
    let here = this.#root
    for (const name of namesOf(path)) {
      let next = here.entries.get(name)
      if (next?.kind === 'link') {
        const found = this.find(path)
        if (found?.node.kind === 'directory') return found.node
        throw kernelError('ENOTDIR', 'mkdir', path)
      }
      next ??= this.#put(here, name, this.#newDirectory(mode))
      if (next.kind !== 'directory') throw kernelError('ENOTDIR', 'mkdir', path)
      here = next
    }
    return here
  }
  /** Puts a file in its place, with the directories above it. Text gets a newline at its end, as in sysfs. Bytes stay as they are. */
  file(path: string, content: string | Uint8Array | (() => string | Content), options: FileOptions = {}): FileNode {
    const common = this.#common(options.mode ?? 0o644, options.uid)
    const bytes = typeof content === 'function' ? () => toContent(content()) : toContent(content)
    return this.put(path, {
      kind: 'file',
      content: bytes,
      ...common,
      ...(options.onWrite === undefined ? {} : { onWrite: options.onWrite }),
    })
  }
  /** Creates a link as sysfs does: relative to its own directory. */
  relativeLink(path: string, target: string): void {
    this.link(path, posix.relative(posix.dirname(path), target))
  }
  /** Makes a symbolic link. */
  link(path: string, target: string): void {
    this.put(path, { kind: 'link', target, ...this.#common(0o777) })
  }
  /** @internal */
  device(path: string, type: 'block' | 'character', device: string): void {
    this.put(path, { kind: 'device', type, device, ...this.#common(0o660) })
  }
  /** @internal */
  socket(path: string): void {
    this.put(path, { kind: 'socket', ...this.#common(0o600) })
  }
  /** @internal */
  put<T extends Node>(path: string, node: T): T {
    const parent = posix.dirname(path)
    const found = this.find(parent)?.node ?? this.directory(parent)
    if (found.kind !== 'directory') throw kernelError('ENOTDIR', 'open', path)
    return this.#put(found, posix.basename(path), node)
  }
  /** Removes the entry with everything below it. Of a link, removes the link itself, not its target. Returns whether it was there. */
  remove(path: string): boolean {
    const parent = this.find(posix.dirname(path))?.node
    if (parent?.kind !== 'directory') return false
    parent.modifiedMs = this.#now()
    return parent.entries.delete(posix.basename(path))
  }

  #put<T extends Node>(directory: DirectoryNode, name: string, node: T): T {
    directory.entries.set(name, node)
    directory.modifiedMs = this.#now()
    return node
  }
  #newDirectory(mode: number): DirectoryNode {
    return { kind: 'directory', entries: new Map(), ...this.#common(mode) }
  }
  #common(mode: number, uid = 0): { mode: number; uid: number; modifiedMs: number } {
    return { mode, uid, modifiedMs: this.#now() }
  }
}

function toContent(value: string | Content): Content {
  return typeof value === 'string' ? bytesOf(`${value}\n`) : value
}
function namesOf(path: string): string[] {
  return path.split('/').filter((name) => name !== '' && name !== '.')
}
