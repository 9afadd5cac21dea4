/** Decodes the answer of the addon's `readChanged`. native/core/changed_files.h describes the encoding. */
import { BrickworkError } from '../core/errors.js'
import type { ChangedFiles, FolderState } from '../core/host.js'
import { Reader } from './reader.js'

const READ = 0
const GONE = 1

export function decodeChanges(bytes: Uint8Array): ChangedFiles {
  const reader = Reader.over(bytes)
  // A copy: callers keep the state until their next query, and a view would keep the contents of all files in memory.
  const state = reader.part(reader.u32()).peekBytes().slice()
  const files = new Map<string, Uint8Array>()
  const gone: string[] = []
  const unread: string[] = []
  for (let left = reader.u32(); left > 0; left--) {
    const name = reader.text(reader.u16())
    const status = reader.u8()
    const content = reader.part(reader.u32())
    if (status === READ) files.set(name, content.peekBytes())
    else if (status === GONE) gone.push(name)
    else unread.push(name)
  }
  return { state, files, gone, unread }
}

/** The state in the form that the addon takes it; empty when there is none. */
export function stateOf(since: FolderState | undefined): Uint8Array {
  if (since === undefined) return new Uint8Array(0)
  if (since instanceof Uint8Array) return since
  throw new BrickworkError('ERR_INVALID_ARGUMENT', 'The directory state belongs to another host')
}
