/** The files of a directory that have changed since an earlier query, as the addon reports them. */
import { BrickworkError } from '../../core/errors.js'
import type { ChangedFiles, ChangedRequest } from '../../core/host.js'
import type { FileTree } from '../files/file-tree.js'
import { contentOf, type Node } from '../files/nodes.js'
import { LARGEST } from './tree-reader.js'

/** Every write of a file creates a new node, so a node is a version. The host's own state has no contents, so this one keeps none alive. */
class State {
  readonly nodes = new Map<string, WeakRef<Node>>()
}

export function readChanged(tree: FileTree, { directory, suffix, since }: ChangedRequest): ChangedFiles {
  if (since !== undefined && !(since instanceof State))
    throw new BrickworkError('ERR_INVALID_ARGUMENT', 'The directory state belongs to another host')
  const known = since?.nodes ?? new Map<string, WeakRef<Node>>()
  const state = new State()
  const files = new Map<string, Uint8Array>()
  const unread: string[] = []
  const there = tree.names(directory).filter((name) => name.endsWith(suffix))
  for (const name of there) {
    const node = tree.find(`${directory}/${name}`)?.node
    if (node === undefined) continue
    const content = node.kind === 'file' ? contentOf(node) : undefined
    state.nodes.set(name, new WeakRef(node))
    if (!(content instanceof Uint8Array) || content.length > LARGEST) unread.push(name)
    else if (known.get(name)?.deref() !== node) files.set(name, content)
  }
  return { state, files, gone: [...known.keys()].filter((name) => !state.nodes.has(name)), unread }
}
