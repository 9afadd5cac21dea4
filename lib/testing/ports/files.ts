import { posix } from 'node:path'

import { BrickworkError } from '../../core/errors.js'
import type { FileChange, Files, FileStat } from '../../core/host.js'
import { kernelError } from '../errno.js'
import type { PortCall } from '../faults.js'
import type { FileTree } from '../files/file-tree.js'
import { bytesOf, contentOf, type Node, textOf } from '../files/nodes.js'
import type { FakeProcess } from '../machine/process.js'
import { DurableWriter } from './durable-writer.js'

type FilesCall = Extract<PortCall, `files.${string}`>

/** The Files port over the file system in memory. */
export class FakeFiles implements Files {
  readonly #process: FakeProcess
  readonly #writer: DurableWriter

  constructor(process: FakeProcess) {
    this.#process = process
    this.#writer = new DurableWriter(process)
  }
  /** How many batches waited for the disk. */
  get durableWrites(): number {
    return this.#writer.count
  }

  async read(path: string): Promise<string | undefined> {
    const bytes = await this.#call('files.read', path, () => this.#content(path))
    return bytes === undefined ? undefined : textOf(bytes).replace(/\n$/, '')
  }
  readBytes(path: string): Promise<Uint8Array | undefined> {
    return this.#call('files.readBytes', path, () => this.#content(path)?.slice())
  }
  readFiles(paths: readonly string[]): Promise<readonly (string | undefined)[]> {
    const textAt = (path: string): string | undefined => {
      requireAbsolute(path)
      const bytes = this.#content(path)
      return bytes && textOf(bytes).replace(/\n$/, '')
    }
    return this.#process.call('files.readFiles', paths.join(' '), undefined, () => paths.map(textAt))
  }
  list(path: string): Promise<string[]> {
    return this.#call('files.list', path, () => this.#tree.names(path))
  }
  resolve(path: string): Promise<string | undefined> {
    return this.#call('files.resolve', path, () => this.#tree.find(path)?.path)
  }
  readLink(path: string): Promise<string | undefined> {
    return this.#call('files.readLink', path, () => {
      if (path === '/proc/self') return String(this.#process.pid)
      const node = this.#tree.find(path, 'keep')?.node
      return node?.kind === 'link' ? node.target : undefined
    })
  }
  stat(path: string): Promise<FileStat | undefined> {
    return this.#call('files.stat', path, () => {
      const node = this.#tree.find(path, 'keep')?.node
      return node && describe(node)
    })
  }
  makeDirectory(path: string, mode: number): Promise<void> {
    return this.#change('files.makeDirectory', path, () => {
      if (this.#tree.find(path)?.node.kind === 'directory') return
      if (this.#tree.find(path) !== undefined) throw kernelError('ENOTDIR', 'mkdir', path)
      this.#tree.directory(posix.dirname(path))
      this.#tree.directory(path, mode)
    })
  }
  commit(changes: readonly FileChange[]): Promise<void> {
    return this.#change('files.commit', changes.map(({ path }) => path).join(' '), () => this.#writer.commit(changes))
  }
  replace(path: string, text: string, mode: number): Promise<void> {
    return this.#change('files.replace', path, () => {
      this.#parent(path)
      this.#tree.file(path, bytesOf(text), { mode })
    })
  }
  append(path: string, text: string, mode: number): Promise<void> {
    return this.#change('files.append', path, () => {
      this.#parent(path)
      const node = this.#tree.find(path, 'keep')?.node
      if (node !== undefined && node.kind !== 'file') throw kernelError(node.kind === 'link' ? 'ELOOP' : 'EISDIR', 'open', path)
      const before = node === undefined ? new Uint8Array(0) : this.#content(path)
      this.#tree.file(path, Uint8Array.from([...(before ?? []), ...bytesOf(text)]), { mode: node?.mode ?? mode })
    })
  }
  remove(path: string): Promise<boolean> {
    return this.#change('files.remove', path, () => {
      const node = this.#tree.find(path, 'keep')?.node
      if (node === undefined) return false
      if (node.kind === 'directory') throw kernelError('EISDIR', 'unlink', path)
      return this.#tree.remove(path)
    })
  }
  link(path: string, target: string): Promise<void> {
    return this.#change('files.link', path, () => {
      this.#parent(path)
      this.#tree.link(path, target)
    })
  }

  get #tree(): FileTree {
    return this.#process.base.tree
  }
  #call<T>(port: FilesCall, path: string, work: () => T | Promise<T>): Promise<T> {
    return this.#process.call(port, path, undefined, () => {
      requireAbsolute(path)
      return work()
    })
  }
  /** A call that changes something. It must not be below the directories that belong to the kernel. */
  #change<T>(port: FilesCall, path: string, work: () => T | Promise<T>): Promise<T> {
    return this.#call(port, path, () => {
      if (/(^| )\/(sys|proc|dev)\//.test(path))
        throw this.#process.base.ledger.unknown(`${port} ${path}: the kernel's files are written by kernel.write`)
      return work()
    })
  }
  #parent(path: string): void {
    const parent = this.#tree.find(posix.dirname(path))?.node
    if (parent === undefined) throw kernelError('ENOENT', 'open', path)
    if (parent.kind !== 'directory') throw kernelError('ENOTDIR', 'open', path)
  }
  #content(path: string): Uint8Array | undefined {
    const node = this.#tree.find(path)?.node
    if (node === undefined) return undefined
    if (node.kind === 'device') throw this.#process.base.ledger.unknown(`the file ${path} is a device node: opening it could hang`)
    if (node.kind === 'directory') throw kernelError('EISDIR', 'read', path)
    if (node.kind !== 'file') throw kernelError('ENXIO', 'open', path)
    const content = contentOf(node)
    if (content instanceof Uint8Array) return content
    throw kernelError(content.errno, 'read', path)
  }
}

function requireAbsolute(path: string): void {
  if (!path.startsWith('/')) throw new BrickworkError('ERR_INVALID_ARGUMENT', `Not an absolute path: ${path}`, { details: { path } })
}

function describe(node: Node): FileStat {
  const type = node.kind === 'device' ? (node.type === 'block' ? 'block' : 'other') : node.kind === 'socket' ? 'other' : node.kind
  const device = node.kind === 'device' ? node.device : undefined
  return { type, mode: node.mode, uid: node.uid, device, modifiedMs: node.modifiedMs, changedMs: node.modifiedMs, inode: inodeOf(node) }
}

/** Each node has a number of its own, which no later one gets. */
const inodes = new WeakMap<Node, string>()
let lastInode = 0
function inodeOf(node: Node): string {
  const inode = inodes.get(node) ?? String((lastInode += 1))
  inodes.set(node, inode)
  return inode
}
