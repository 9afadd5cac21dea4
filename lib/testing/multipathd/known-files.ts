/**
 * The files of multipath-tools: `/etc/multipath/wwids`, `/etc/multipath/bindings`, and `/run/multipath/failed_wwids/`, which lasts until
 * the next boot.
 */
import { bytesOf } from '../files/nodes.js'
import type { Base } from '../machine/base.js'
import type { MultipathConfig } from './config.js'

const WWIDS = '/etc/multipath/wwids'
const WWIDS_HEADER = `# Multipath wwids, Version : 1.0
# NOTE: This file is automatically maintained by multipath and multipathd.
# You should not need to edit this file in normal circumstances.
#
# Valid WWIDs:
`
const BINDINGS = '/etc/multipath/bindings'
const BINDINGS_HEADER = `# Multipath bindings, Version : 1.0
# NOTE: this file is automatically maintained by the multipath program.
# You should not need to edit this file in normal circumstances.
#
# Format:
# alias wwid
#
`
const FAILED = '/run/multipath/failed_wwids'

type Files = Pick<Base, 'tree' | 'durable'>

/** Whether a map of this volume was ever created: the file has a line `/wwid/`. */
export function isKnown({ tree }: Files, wwid: string): boolean {
  return (tree.text(WWIDS) ?? '').split('\n').includes(`/${wwid}/`)
}
/** Adds the volume. Returns whether it is new. */
export function remember(files: Files, wwid: string): boolean {
  if (isKnown(files, wwid)) return false
  append(files, WWIDS, WWIDS_HEADER, `/${wwid}/`)
  return true
}
/** Writes a `#` over the beginning of the volume's line. Returns whether there was one. */
export function forget(files: Files, wwid: string): boolean {
  if (!isKnown(files, wwid)) return false
  const { tree, durable } = files
  tree.file(WWIDS, bytesOf(`${(tree.text(WWIDS) ?? '').replace(`/${wwid}/`, `#${wwid}/`)}\n`), { mode: 0o600 })
  durable.written(WWIDS)
  return true
}
/** The volume's name of the kind `mpatha`. It never changes. */
export function friendlyName(files: Files, wwid: string): string {
  const bindings = bindingsOf(files)
  const bound = bindings.find(([, bindsTo]) => bindsTo === wwid)?.[0]
  if (bound !== undefined) return bound
  let index = 0
  while (bindings.some(([alias]) => alias === nameAt(index))) index += 1
  append(files, BINDINGS, BINDINGS_HEADER, `${nameAt(index)} ${wwid}`)
  return nameAt(index)
}
/** The volume that a name stands for, by configuration or binding. Any other name is taken for a wwid. */
export function wwidOfName(files: Files, { multipathAliases }: MultipathConfig, name: string): string {
  const bound = bindingsOf(files).find(([alias]) => alias === name)?.[1]
  return bound ?? Object.entries(multipathAliases).find(([, alias]) => alias === name)?.[0] ?? name
}
export function hasFailed({ tree }: Files, wwid: string): boolean {
  return tree.find(`${FAILED}/${wwid}`) !== undefined
}
/** Records whether the map could be created. After a failure udev no longer claims its paths for multipath. */
export function noteOutcome({ tree }: Files, wwid: string, outcome: 'created' | 'failed'): void {
  if (outcome === 'failed') tree.file(`${FAILED}/${wwid}`, new Uint8Array(0))
  else tree.remove(`${FAILED}/${wwid}`)
}

function bindingsOf({ tree }: Files): readonly (readonly string[])[] {
  return (tree.text(BINDINGS) ?? '').split('\n').flatMap((line) => (line.startsWith('#') ? [] : [line.split(/\s+/)]))
}
function append({ tree, durable }: Files, path: string, header: string, line: string): void {
  const before = tree.text(path)
  tree.file(path, bytesOf(`${before === undefined ? header : `${before}\n`}${line}\n`), { mode: 0o600 })
  durable.written(path)
}
/** 0 → `mpatha`, 26 → `mpathaa` */
function nameAt(index: number): string {
  let letters = ''
  for (let remaining = index; remaining >= 0; remaining = Math.floor(remaining / 26) - 1)
    letters = String.fromCharCode(97 + (remaining % 26)) + letters
  return `mpath${letters}`
}
