import { posix } from 'node:path'

import type { GuardedWrite, WriteOutcome } from '../../core/host.js'
import { kernelError } from '../errno.js'
import type { FileTree } from '../files/file-tree.js'
import { bytesOf } from '../files/nodes.js'
import type { Base } from '../machine/base.js'

/** Directories whose attributes belong to models. Elsewhere a write only changes the file. */
const KERNEL = /^\/(sys|proc|dev)\//

export async function guardedWrite({ tree, ledger }: Base, { directory, guards, attribute, value }: GuardedWrite): Promise<WriteOutcome> {
  const place = tree.find(directory)
  if (place?.node.kind !== 'directory') return { outcome: 'gone' }
  for (const guard of guards) {
    const found = textAt(tree, `${place.path}/${guard.attribute}`)
    if (found === undefined) return { outcome: 'gone' }
    const holds = guard.prefix === true ? found.startsWith(guard.equals) : found === guard.equals
    if (!holds) return { outcome: 'changed', attribute: guard.attribute, found }
  }
  const target = tree.find(`${place.path}/${attribute}`)
  if (target === undefined) return { outcome: 'gone' }
  const { node, path } = target
  if (node.kind !== 'file') throw kernelError('EISDIR', 'open', path)
  if (node.onWrite !== undefined) await node.onWrite(value)
  else if (KERNEL.test(path)) throw ledger.unknown(`a write of ${JSON.stringify(value)} to ${path}`)
  else node.content = bytesOf(value)
  return { outcome: 'written' }
}

function textAt(tree: FileTree, path: string): string | undefined {
  const failure = tree.unsettled.failuresIn(posix.dirname(tree.find(path)?.path ?? path), 1)(0)
  if (failure === 'ENODEV') return undefined
  const content = failure === undefined ? tree.content(path) : { errno: failure }
  if (content === undefined || content instanceof Uint8Array) return tree.text(path)
  throw kernelError(content.errno, 'read', path)
}
