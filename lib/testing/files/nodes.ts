/** A node in the fake's file system. */
export type Node = DirectoryNode | FileNode | LinkNode | DeviceNode | SocketNode

interface Common {
  mode: number
  uid: number
  modifiedMs: number
}
export interface DirectoryNode extends Common {
  readonly kind: 'directory'
  readonly entries: Map<string, Node>
}
export interface FileNode extends Common {
  readonly kind: 'file'
  content: Content | (() => Content)
  /** For attributes of sysfs: the effect of a write. */
  readonly onWrite?: (value: string) => Promise<void>
}
/** A file's bytes, or the errno of reading it. */
export type Content = Uint8Array | { readonly errno: string }
export interface LinkNode extends Common {
  readonly kind: 'link'
  readonly target: string
}
export interface DeviceNode extends Common {
  readonly kind: 'device'
  readonly type: 'block' | 'character'
  readonly device: string
}
export interface SocketNode extends Common {
  readonly kind: 'socket'
}

const encoder = new TextEncoder()
const decoder = new TextDecoder()

export function bytesOf(text: string): Uint8Array {
  return encoder.encode(text)
}
export function textOf(bytes: Uint8Array): string {
  return decoder.decode(bytes)
}
export function contentOf(node: FileNode): Content {
  return typeof node.content === 'function' ? node.content() : node.content
}
